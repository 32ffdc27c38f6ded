/** The keys of the consumer's tests, known on both sides of the Worker's border. */
export const QUEUE = {
  url: 'http://queue.test',
  token: 'qstash-token-of-the-consumer-tests',
  current: 'sig_current_of_the_consumer_tests',
  next: 'sig_next_of_the_consumer_tests',
} as const

export const CONSUMER_ORIGIN = 'https://deliveries.example.com'

export interface Published {
  readonly target: string
  readonly dedupId: string | null
  readonly authorized: boolean
  /** Headers `upstash-…`, lower case. */
  readonly settings: Readonly<Record<string, string>>
  readonly body: string
}
