import { writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { SpecError } from './compile-request.ts'
import { disassemble, routinesOf } from './disassemble.ts'
import { programId } from './envelope.ts'
import { readGateways } from './gateways.ts'
import { homeDirectory } from './home.ts'
import { sha256 } from './imprint.ts'
import { readPolicy, readPolicyFile } from './policy.ts'
import { configuredGateways, gatewayFolder, sealedProgram } from './program.ts'
import type { GatewaySpec, Policy } from './spec.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What `record` writes of a program: a reader of the log can compile the same sources and compare. */
export const disassemblySha256 = (plain: Uint8Array): string => hex(sha256(disassemble(plain)))

const BYTES_EACH = 8

/** A program in a few lines: each gateway with its routines, then the whole. */
export const outlineOf = (plain: Uint8Array): readonly string[] => {
  const routines = routinesOf(plain)
  const gateways = [...new Set(routines.map(({ gateway }) => gateway))]
  const instructions = (of: string): number =>
    routines.reduce((sum, it) => (it.gateway === of ? sum + it.instructions : sum), 0)
  const width = Math.max(...routines.map(({ routine }) => routine.length))
  return [
    ...gateways.flatMap((gateway) => [
      `${gateway}: ${routines.filter((it) => it.gateway === gateway).length} routines, ${instructions(gateway)} instructions, ${instructions(gateway) * BYTES_EACH} bytes`,
      ...routines
        .filter((it) => it.gateway === gateway)
        .map(({ routine, instructions }) => `  ${routine.padEnd(width)}  ${String(instructions).padStart(4)}`),
    ]),
    `program      ${plain.length} bytes with its texts and tables`,
    `program id   ${hex(programId(plain))}`,
    `disassembly  ${disassemblySha256(plain)} (SHA-256)`,
  ]
}

interface Options {
  readonly env?: string
  readonly policy?: string
  readonly gateways: string
  readonly only?: string
  readonly asm?: string
}

const policyFor = ({ env, policy }: Options, specs: readonly GatewaySpec[]): Policy => {
  if (policy !== undefined) return readPolicyFile(policy, specs)
  return env === undefined ? { default: {} } : readPolicy(homeDirectory(env), specs)
}

/** Those of the folder, or of it those that are named, or those that an environment's vault is configured with. */
const specsFor = async ({ env, gateways, only }: Options): Promise<readonly GatewaySpec[]> => {
  if (env !== undefined) {
    // Loaded when it is needed: it takes longer than all else that is done here.
    const { readVaultConfiguration } = await import('./deployment.ts')
    return configuredGateways((await readVaultConfiguration(env)).vars)
  }
  const specs = readGateways(gateways)
  if (specs.length === 0) throw new SpecError(gateways, 'there is no folder of a gateway in it')
  const named = only?.split(',') ?? specs.map(({ gateway }) => gateway)
  const missing = named.filter((name) => !specs.some(({ gateway }) => gateway === name))
  if (missing.length > 0) throw new SpecError(gateways, `there is no ${missing.join(', ')} in it`)
  return specs.filter(({ gateway }) => named.includes(gateway))
}

export const addCompile = (program: Command): void => {
  program
    .command('compile')
    .description('check the gateways and a policy and compile them; writes and needs no keys')
    .option('--env <name>', 'with the gateways and the policy of this environment')
    .addOption(new Option('--policy <file>', 'with this policy').conflicts('env'))
    .option('--gateways <folder>', 'the specs', gatewayFolder)
    .addOption(new Option('--only <names>', 'only these, with commas between them').conflicts('env'))
    .option('--asm <file>', 'write the disassembly there; - for standard output alone')
    .action(async (options: Options) => {
      const specs = await specsFor(options)
      const { program: plain } = sealedProgram(specs, policyFor(options, specs))
      if (options.asm === '-') return void process.stdout.write(disassemble(plain))
      if (options.asm !== undefined) writeFileSync(options.asm, disassemble(plain))
      console.log(outlineOf(plain).join('\n'))
      if (options.asm !== undefined) console.log(`written to   ${options.asm}`)
    })
}
