/** Every row, in the order of their ids. */
import type { Row } from './registry.ts'
import { CALLBACK_ROWS } from './rows/callbacks.ts'
import { GATEWAY_ROWS } from './rows/gateways.ts'
import { OPERATION_ROWS } from './rows/operations.ts'
import { REQUEST_ROWS } from './rows/requests.ts'
import { WEBHOOK_ROWS } from './rows/webhooks.ts'

export const ROWS: readonly Row[] = [
  ...REQUEST_ROWS,
  ...GATEWAY_ROWS,
  ...CALLBACK_ROWS,
  ...WEBHOOK_ROWS,
  ...OPERATION_ROWS,
]
