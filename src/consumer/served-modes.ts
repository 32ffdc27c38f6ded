import type { Mode } from '../domain/payment.ts'
import type { ConsumerSettings } from './env.ts'

/** Of the keys that are good here. Gateways know no mode: in production a payment by a test key would take real money. */
export const servedModes = ({ environment }: Pick<ConsumerSettings, 'environment'>): readonly Mode[] =>
  environment === 'production' ? ['live'] : ['test', 'live']

/** `holder`, unless its mode is not served here. */
export const ifServed = <Holder extends { readonly mode: Mode }>(
  settings: Pick<ConsumerSettings, 'environment'>,
  holder: Holder | null,
): Holder | null => (holder && servedModes(settings).includes(holder.mode) ? holder : null)
