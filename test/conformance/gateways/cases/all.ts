import type { Case } from '../case.ts'
import { CALLBACKS } from './callbacks.ts'
import { MONEY } from './money.ts'
import { OTP } from './otp.ts'
import { OUTCOMES } from './outcomes.ts'
import { TRANSPORT } from './transport.ts'

export const CASES: readonly Case[] = [...OUTCOMES, ...OTP, ...MONEY, ...TRANSPORT, ...CALLBACKS]
