import { randomBytes } from 'node:crypto'
import { isOwn, type KeyHome, keyIn, type Rotating, type StoredKey, withFreshKey } from './home.ts'

/**
 * `next`: make the key that comes. `promote`: it becomes the current one, and the current one the previous. `drop`: forget the
 * previous one, once nothing that it made is under way.
 */
export type Stage = 'next' | 'promote' | 'drop'
export const STAGES: readonly Stage[] = ['next', 'promote', 'drop']

const rotateMaster = (home: KeyHome, stage: Stage): KeyHome => {
  const { current, next, previous } = home.masters
  switch (stage) {
    case 'next':
      return { ...home, masters: { ...home.masters, next: randomBytes(32).toString('hex') } }
    case 'promote':
      if (previous) throw new Error('There is a previous master key still: drop it first.')
      return { ...home, masters: { current: next ?? randomBytes(32).toString('hex'), previous: current } }
    case 'drop':
      return { ...home, masters: { current, ...(next ? { next } : {}) } }
  }
}

const comeNext = ({ environment }: KeyHome, purpose: StoredKey['purpose']): string =>
  `npm run provision -- secret ${purpose} --slot next --env ${environment} < FILE`

const rotateKey = (home: KeyHome, purpose: StoredKey['purpose'], stage: Stage): KeyHome => {
  const others = home.keys.filter((key) => key.purpose !== purpose)
  const [current, previous] = [keyIn(home, purpose, 'current'), keyIn(home, purpose, 'previous')]
  switch (stage) {
    case 'next':
      if (!isOwn(purpose)) throw new Error(`The gateway makes ${purpose}: ${comeNext(home, purpose)}`)
      return withFreshKey(home, purpose, 'next')
    case 'promote': {
      const made = purpose === 'attestation' || purpose === 'personal' ? withFreshKey(home, purpose, 'next') : home
      const next = keyIn(home, purpose, 'next') ?? keyIn(made, purpose, 'next')
      if (!current || !next)
        throw new Error(
          isOwn(purpose)
            ? `There is no next ${purpose} key. Make one, and give the gateway its public half first.`
            : `There is no next ${purpose}: ${comeNext(home, purpose)}`,
        )
      if (previous) throw new Error(`There is a previous ${purpose} key still: drop it first.`)
      return { ...home, keys: [...others, { ...next, slot: 'current' }, { ...current, slot: 'previous' }] }
    }
    case 'drop':
      return { ...home, keys: home.keys.filter((key) => key !== previous) }
  }
}

/** Each stage is a sealing of its own, and a new epoch: what was sealed before can be refused from then on. */
export const rotate = (home: KeyHome, what: Rotating, stage: Stage): KeyHome => ({
  ...(what === 'master' ? rotateMaster(home, stage) : rotateKey(home, what, stage)),
  epoch: home.epoch + 1,
})
