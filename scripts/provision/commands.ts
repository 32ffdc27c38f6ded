import '../stack/environment.ts'
import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { httpUrl } from '../http-url.ts'
import { keyId } from './blob.ts'
import type { Slot } from './bundle.ts'
import { addCompile, disassemblySha256 } from './compile-command.ts'
import { bundleVault, provisioningOf, readVaultConfiguration } from './deployment.ts'
import { describeHost } from './doctor.ts'
import { programId } from './envelope.ts'
import { gatewaySecret, gatewaySecrets } from './gateway-secrets.ts'
import {
  emptyHome,
  fingerprints,
  homeDirectory,
  type KeyHome,
  keyIn,
  loadHome,
  OWN_KEYS,
  type Rotating,
  SECRETS_FILE,
  SHARE_FILE,
  saveHome,
  withFreshKey,
  withKey,
} from './home.ts'
import { imprintOf, sha256 } from './imprint.ts'
import { configuredGateways, varName } from './program.ts'
import { provision } from './provision.ts'
import { appendRecord, verifyRecords } from './record.ts'
import { rotate, STAGES, type Stage } from './rotate.ts'
import { compareHealth, type Health, openProvisioned, PARTS, readProvisioned } from './selftest.ts'
import { ed25519Key } from './signer.ts'

const root = path.resolve(import.meta.dirname, '../..')
const say = (...lines: readonly string[]): void => console.log(lines.join('\n'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const environmentOption = (): Option =>
  new Option('--env <name>', 'the environment of src/vault/wrangler.toml').makeOptionMandatory()
const slotOption = (): Option => new Option('--slot <slot>').choices(['current', 'next']).default('current')
const outOption = (): Option =>
  new Option('--out <directory>', 'where the data modules of the vault lie').default(
    path.join(root, 'src/vault/provisioned'),
  )
const recordsOption = (): Option =>
  new Option('--records <directory>', 'where the deploy records lie').default(path.join(root, 'deployments'))

const showKeys = (home: KeyHome): void => {
  const shown = fingerprints(home)
  const width = Math.max(...shown.map(([name]) => name.length))
  say(...shown.map(([name, fingerprint]) => `  ${name.padEnd(width)}  ${fingerprint}`))
}

/** The share lies in another store than the master key, and is put there by itself. */
const shareCommand = ({ environment, secondShare }: KeyHome): string[] =>
  secondShare
    ? [
        '',
        'Once, before: the second share, into the Secrets Store (bound as LANGO_SECOND_SHARE), or as a secret of the vault:',
        `  npx wrangler secret put LANGO_SECOND_SHARE -c src/vault/wrangler.toml --env ${environment} < ${path.join(homeDirectory(environment), SHARE_FILE)}`,
        'Before the first deployment of the vault: by itself it makes a version without a tag, which stays closed.',
      ]
    : []

const addInit = (program: Command): void => {
  program
    .command('init')
    .description('begin an environment: a project id, a master key, the key that signs what is sealed')
    .addOption(environmentOption())
    .option('--two-shares', 'seal under two keys from two stores', false)
    .action(({ env, twoShares }: { env: string; twoShares: boolean }) => {
      const home = emptyHome(env, twoShares)
      if (existsSync(homeDirectory(env)))
        throw new Error(`${homeDirectory(env)} exists already. Nothing was changed: what is sealed depends on it.`)
      saveHome(home)
      say(
        `Keys of "${env}" are kept in ${homeDirectory(env)}, and nowhere else: keep a copy offline.`,
        `  project ${home.project}`,
      )
      showKeys(home)
      say('', `Next: npm run provision -- keygen --env ${env}`)
    })
}

const addKeygen = (program: Command): void => {
  program
    .command('keygen')
    .description('make the keys that are missing; prints fingerprints, never keys')
    .addOption(environmentOption())
    .action(({ env }: { env: string }) => {
      let home = loadHome(env)
      for (const purpose of ['attestation', 'personal', 'pawapay.signing'] as const)
        if (!keyIn(home, purpose, 'current')) home = withFreshKey(home, purpose, 'current')
      saveHome(home)
      showKeys(home)
      const directory = homeDirectory(env)
      say(
        '',
        `The public half for pawaPay's dashboard: ${path.join(directory, 'pawapay-signing-current.pub.pem')}`,
        `Then: npm run provision -- key-id --env ${env} ID     as the dashboard shows it`,
        `      npm run provision -- token --env ${env} < FILE  pawaPay's API token`,
      )
    })
  program
    .command('key-id <id>')
    .description('how pawaPay names our signing key')
    .addOption(environmentOption())
    .addOption(slotOption())
    .action((kid: string, { env, slot }: { env: string; slot: Slot }) => {
      const home = loadHome(env)
      const key = keyIn(home, 'pawapay.signing', slot)
      if (!key) throw new Error(`There is no ${slot} signing key: npm run provision -- keygen --env ${env}`)
      if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(kid))
        throw new Error('A key id is 1 to 128 visible ASCII characters.')
      saveHome(withKey(home, { ...key, kid }))
      say(`pawapay.signing, ${slot}: ${kid}`)
    })
  const keep = (name: string, env: string, slot: Slot): void => {
    const home = loadHome(env)
    saveHome(withKey(home, gatewaySecret(name, slot, readFileSync(0, 'utf8'))))
    showKeys(loadHome(env))
  }
  program
    .command('token')
    .description("pawaPay's API token, from standard input: the same as `secret pawapay.token`")
    .addOption(environmentOption())
    .addOption(slotOption())
    .action(({ env, slot }: { env: string; slot: Slot }) => keep('pawapay.token', env, slot))
  program
    .command('secret <name>')
    .description('what a gateway gave us, from standard input: gateway.setting, mtn.apiKey for example')
    .addOption(environmentOption())
    .addOption(slotOption())
    .action((name: string, { env, slot }: { env: string; slot: Slot }) => keep(name, env, slot))
}

const addSeal = (program: Command): void => {
  program
    .command('seal')
    .description('seal keys, origins and limits to what this checkout deploys')
    .addOption(environmentOption())
    .addOption(outOption())
    .option('--valid-days <days>', 'how long it opens', (text) => Number.parseInt(text, 10), 400)
    .action(async ({ env, out, validDays }: { env: string; out: string; validDays: number }) => {
      if (!(validDays >= 1 && validDays <= 3650)) throw new Error('--valid-days must be a number from 1 to 3650.')
      const home = loadHome(env)
      const provisioning = provisioningOf(home, await readVaultConfiguration(env), await bundleVault(), {
        nowMs: Date.now(),
        validDays,
      })
      const provisioned = provision(provisioning)
      mkdirSync(out, { recursive: true })
      for (const name of PARTS) writeFileSync(path.join(out, `${name}.bin`), provisioned[name])
      say(
        `Sealed for "${env}" in ${path.relative(process.cwd(), out) || '.'}`,
        `  imprint      ${hex(imprintOf(provisioned.manifest))}`,
        `  program id   ${hex(programId(provisioning.facts.program))}`,
        `  disassembly  ${disassemblySha256(provisioning.facts.program)} (SHA-256)`,
        `  version tag  ${provisioning.facts.versionTag}`,
        `  epoch        ${home.epoch}, the lowest that opens: ${home.epochMin}`,
        `  master key   ${keyId(Buffer.from(home.masters.current, 'hex'))}`,
        `  opens until  ${new Date(provisioning.notAfterS * 1000).toISOString().slice(0, 10)}`,
        ...shareCommand(home),
        '',
        'Next, in one step, because a secret that is put by itself makes a version without a tag, which stays closed:',
        `  npx wrangler deploy -c src/vault/wrangler.toml --env ${env} --tag ${provisioning.facts.versionTag} --secrets-file ${path.join(homeDirectory(env), SECRETS_FILE)}`,
      )
    })
}

const addSelftest = (program: Command): void => {
  program
    .command('selftest')
    .description('open what was sealed in the module that is deployed; with --url ask a deployment, too')
    .addOption(environmentOption())
    .addOption(outOption())
    .option('--url <origin>', "the edge's public origin")
    .action(async ({ env, out, url }: { env: string; out: string; url?: string }) => {
      const opened = openProvisioned(
        readProvisioned(out),
        await readVaultConfiguration(env),
        await bundleVault(),
        loadHome(env),
      )
      if (!opened.ok)
        throw new Error(
          `It stays closed: ${opened.code} ${opened.fields.join(', ')}. Seal again: npm run provision -- seal --env ${env}`,
        )
      const { imprint, epoch, programId } = opened.opening
      say(`here: ok, imprint ${imprint.slice(0, 16)}…, epoch ${epoch}`)
      if (!url) return
      const problem = compareHealth(
        (await (await fetch(new URL('/health', httpUrl('--url', url, 'https://pay.example.com')))).json()) as Health,
        {
          epoch,
          programId,
        },
      )
      if (problem) throw new Error(`${url}: ${problem}`)
      say(`${url}: ok`)
    })
}

const DAY_S = 86_400

const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('what would keep this environment from working')
    .addOption(environmentOption())
    .addOption(outOption())
    .action(async ({ env, out }: { env: string; out: string }) => {
      const home = loadHome(env)
      const configuration = await readVaultConfiguration(env)
      const modules = await bundleVault()
      let healthy = true
      const check = (ok: boolean, line: string): void => {
        healthy &&= ok
        say(`${ok ? 'ok  ' : 'BAD '} ${line}`)
      }
      try {
        provisioningOf(home, configuration, modules, { nowMs: Date.now(), validDays: 1 })
        check(true, 'every key is there, and the vars are right')
      } catch (error) {
        for (const line of (error as Error).message.split('\n')) check(false, line)
      }
      try {
        const opened = openProvisioned(readProvisioned(out), configuration, modules, home)
        check(
          opened.ok,
          opened.ok
            ? 'what is sealed opens here'
            : `what is sealed stays closed: ${opened.code} ${opened.fields.join(', ')}`,
        )
        const daysLeft = opened.ok ? Math.floor((opened.opening.notAfterS - Date.now() / 1000) / DAY_S) : 0
        if (opened.ok) check(daysLeft > 30, `it opens for another ${daysLeft} days`)
      } catch (error) {
        check(false, (error as Error).message)
      }
      for (const flag of [
        'disallow_importable_env',
        'nodejs_compat_do_not_populate_process_env',
        'disallow_eval_during_startup',
      ])
        check(configuration.compatibility.includes(flag), `compatibility flag ${flag}`)
      const { exports } = new WebAssembly.Instance(
        new WebAssembly.Module(
          modules.find(({ path: name }) => name === 'vault.wasm')?.contents as Uint8Array<ArrayBuffer>,
        ),
      )
      check(!('memory' in exports), 'vault.wasm exports no memory')
      const origins = configuredGateways(configuration.vars).map(
        ({ gateway }) => configuration.vars[varName(gateway, 'origin')] ?? '',
      )
      for (const origin of origins.filter((each) => URL.canParse(each))) {
        const reached = await describeHost(new URL(origin).hostname, async (name) =>
          (await lookup(name, { all: true })).map(({ address }) => address),
        )
        check(reached.ok, reached.line)
      }
      if (!healthy) process.exitCode = 1
    })
}

const addRecord = (program: Command): void => {
  program
    .command('record')
    .description('append what was deployed to a signed log; with --verify only read it')
    .addOption(environmentOption())
    .addOption(outOption())
    .addOption(recordsOption())
    .option('--version-id <id>', "Cloudflare's id of the deployed version")
    .option('--verify', 'check the whole log', false)
    .action(async (options: { env: string; out: string; records: string; versionId?: string; verify: boolean }) => {
      const { env, out, versionId } = options
      const home = loadHome(env)
      const key = ed25519Key(Buffer.from(home.provisioningSeed, 'hex'))
      const file = path.join(options.records, `${env}.jsonl`)
      if (options.verify) {
        const problem = verifyRecords(file, key)
        if (problem) throw new Error(problem)
        return say(`${file}: every line follows the one before, signed by this environment's provisioning key`)
      }
      if (!versionId) throw new Error('--version-id must say which version was deployed: npx wrangler deployments list')
      const configuration = await readVaultConfiguration(env)
      const modules = await bundleVault()
      const provisioned = readProvisioned(out)
      const opened = openProvisioned(provisioned, configuration, modules, home)
      if (!opened.ok)
        throw new Error(`What is sealed here stays closed (${opened.code}): it cannot be what was deployed.`)
      const { facts } = provisioningOf(home, configuration, modules, { nowMs: Date.now(), validDays: 1 })
      const record = appendRecord(
        file,
        {
          at: new Date().toISOString(),
          environment: env,
          imprint: opened.opening.imprint,
          epoch: opened.opening.epoch,
          programId: opened.opening.programId,
          disassemblySha256: disassemblySha256(facts.program),
          versionTag: facts.versionTag,
          moduleSha256: hex(sha256(facts.module)),
          sealedSha256: hex(sha256(provisioned.sealed)),
          masterKid: keyId(Buffer.from(home.masters.current, 'hex')),
          versionId,
          gitCommit: execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=40'], {
            cwd: root,
            encoding: 'utf8',
          }).trim(),
          by: userInfo().username,
        },
        key,
      )
      say(`${file}: deployment ${record.n} recorded`)
    })
}

const addRotate = (program: Command): void => {
  program
    .command('rotate')
    .description('change a key: next (make it), promote (use it), drop (forget the previous one)')
    .argument('<key>', `${OWN_KEYS.join(', ')}, or a gateway's secret: pawapay.token, mtn.apiKey, …`)
    .argument('<stage>', STAGES.join(', '))
    .addOption(environmentOption())
    .action((what: string, stage: string, { env }: { env: string }) => {
      const keys: readonly string[] = [...OWN_KEYS, ...gatewaySecrets()]
      if (!keys.includes(what)) throw new Error(`"${what}" is none of the keys: ${keys.join(', ')}.`)
      if (!STAGES.includes(stage as Stage)) throw new Error(`"${stage}" is none of the stages: ${STAGES.join(', ')}.`)
      const home = rotate(loadHome(env), what as Rotating, stage as Stage)
      saveHome(home)
      showKeys(home)
      say(
        '',
        `Epoch ${home.epoch}. Nothing changes until it is sealed and deployed: npm run provision -- seal --env ${env}`,
      )
    })
  program
    .command('epoch-floor')
    .description('refuse from the next sealing on whatever was sealed before this epoch')
    .addOption(environmentOption())
    .action(({ env }: { env: string }) => {
      const home = loadHome(env)
      saveHome({ ...home, epochMin: home.epoch })
      say(`The lowest epoch that opens is ${home.epoch} now: npm run provision -- seal --env ${env}`)
    })
}

export const commands: readonly ((program: Command) => void)[] = [
  addInit,
  addKeygen,
  addCompile,
  addSeal,
  addSelftest,
  addDoctor,
  addRecord,
  addRotate,
]
