/* tslint:disable */
/* eslint-disable */

/**
 * What the build was made from, as `build:core` says it; `dev` in a build by hand.
 */
export function buildId(): string;

/**
 * Whether a deposit can be sent to a provider at all, and if not, why not, field by field.
 */
export function checkDeposit(amount: string, currency: string, provider: string, phone_number: string): string;

/**
 * Minor units as a decimal; `undefined` when they are no canonical number or the currency is not known.
 */
export function formatAmount(amount_minor: string, currency: string): string | undefined;

/**
 * The reference of an attempt; `undefined` when the key is not 64 hex digits, the id not one of ours, or the attempt not 1–255.
 */
export function gatewayReference(reference_key: string, payment_id: string, attempt: number): string | undefined;

export function knownCurrency(currency: string): boolean;

/**
 * Minor units of a decimal amount; `undefined` when it does not fit the currency.
 */
export function parseAmount(amount: string, currency: string): string | undefined;

/**
 * The payment id of (merchant, mode, natural key).
 */
export function paymentId(merchant: string, mode: string, kind: string, value: string): string;

/**
 * `{provider, country}` or `null`.
 */
export function predictProvider(phone_number: string): string;

/**
 * The countries in which somebody charges this currency, with those providers, in the order of the table.
 */
export function providersOf(currency: string): string;

/**
 * One step of the reducer. `state` is JSON or `null`; an unreadable state or event is refused as `malformed_state` or
 * `malformed_event`, and the caller's state stands.
 */
export function step(state: string, event: string): string;

/**
 * The crate's version.
 */
export function version(): string;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly buildId: () => [number, number];
    readonly checkDeposit: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number];
    readonly formatAmount: (a: number, b: number, c: number, d: number) => [number, number];
    readonly gatewayReference: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly knownCurrency: (a: number, b: number) => number;
    readonly parseAmount: (a: number, b: number, c: number, d: number) => [number, number];
    readonly paymentId: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number];
    readonly predictProvider: (a: number, b: number) => [number, number];
    readonly providersOf: (a: number, b: number) => [number, number];
    readonly step: (a: number, b: number, c: number, d: number) => [number, number];
    readonly version: () => [number, number];
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
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
