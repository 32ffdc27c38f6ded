/* tslint:disable */
/* eslint-disable */

/**
 * A policy, what this isolate has seen, and that together with what the others have.
 */
export class Router {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What all the others last published, each as it was stored, takes the place of what they had before; of each what is believed,
     * and nothing of one that cannot be read. An empty list is the view of one who is alone. How many were read;
     * `malformed_health` when it is no list of texts, and then the view stands.
     */
    hear(others: string, now_ms: number): string;
    /**
     * # Errors
     * What is wrong with the policy, one line each.
     */
    constructor(policy: string);
    /**
     * Takes an observation in; `malformed_observation`.
     */
    observe(observation: string): string;
    /**
     * All that this isolate has seen and still counts, to be published under its own name. What is longer than `bytes_max` is
     * thinned, as little as will do: first of what is usual, then of the recent, the oldest before the newest.
     */
    own(now_ms: number, bytes_max: number): string;
    /**
     * Breakers that wait for a status call.
     */
    probesDue(now_ms: number): string;
    /**
     * Two lines: what to do, and the record of the decision, a `Decision`, which who only acts on it need not read. Or one line:
     * `malformed_request`.
     */
    route(request: string): string;
    /**
     * A `Standing`.
     */
    standing(now_ms: number): string;
}

/**
 * What the build was made from, as `build:core` says it; `dev` in a build by hand.
 */
export function buildId(): string;

/**
 * A decision in a few lines of text; `malformed_decision`.
 */
export function explain(decision: string): string;

/**
 * A `Verdict` on a list of attempts; `malformed_attempts`.
 */
export function mayFailOver(attempts: string): string;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_router_free: (a: number, b: number) => void;
    readonly buildId: () => [number, number];
    readonly explain: (a: number, b: number) => [number, number];
    readonly mayFailOver: (a: number, b: number) => [number, number];
    readonly router_hear: (a: number, b: number, c: number, d: number) => [number, number];
    readonly router_new: (a: number, b: number) => [number, number, number];
    readonly router_observe: (a: number, b: number, c: number) => [number, number];
    readonly router_own: (a: number, b: number, c: number) => [number, number];
    readonly router_probesDue: (a: number, b: number) => [number, number];
    readonly router_route: (a: number, b: number, c: number) => [number, number];
    readonly router_standing: (a: number, b: number) => [number, number];
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
