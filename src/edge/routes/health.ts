import { Hono } from 'hono'
import type { VaultHealth } from '../../contracts/vault.ts'
import type { EdgeEnv } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'

const DEADLINE_MS = 2_000

/** What a part answered, or null when it threw or took too long. */
const within = <Answer>(work: Promise<Answer>): Promise<Answer | null> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), DEADLINE_MS)
    work.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer))
  })

/** 200 while payments can be taken, else 503. Without Redis they can (`degraded`); without vault or consumer not. */
export const healthRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>().get('/', async (c) => {
    const [redis, consumer, vault] = await Promise.all([
      within(deps.lock.ping()),
      within(deps.consumer.health()),
      within<VaultHealth>(deps.vault.health()),
    ])
    const decide = deps.decide.version()
    const dependencies = {
      redis: redis ?? 'unavailable',
      consumer: consumer ? 'ok' : 'unavailable',
      d1: consumer?.d1 ?? 'unavailable',
      vault: vault ? 'ok' : 'unavailable',
    }
    const sealed = vault?.sealed ?? 'unavailable'
    const open = sealed === 'ok' && consumer !== null
    const status = !open
      ? 'unavailable'
      : Object.values(dependencies).every((state) => state === 'ok')
        ? 'ok'
        : 'degraded'
    return c.json(
      {
        status,
        core: {
          ...(vault?.core ?? { version: null, buildId: null }),
          sealed,
          ...(vault?.epoch === undefined ? {} : { epoch: vault.epoch, programId: vault.programId || null }),
          decide,
        },
        ...(vault ? { callbackMode: vault.callbackMode } : {}),
        dependencies,
      },
      open ? 200 : 503,
      { 'Cache-Control': 'no-store' },
    )
  })
