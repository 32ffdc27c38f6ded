/** How the emulator misbehaves. Counters run down to 0; everything else stays until it is set again. */
export interface Persona {
  /** The next n deliveries that are answered 2xx are made once more. */
  duplicateAfter2xx: number
  /** The next n deliveries are sent twice at the same time. */
  duplicateInParallel: number
  /** The next n publishes are kept, but their answer is lost. */
  dropPublishAnswer: number
  /** Publishes are refused with this status and not kept; 0 = accepted. */
  rejectPublish: number
  /** Every /v2 call finds a dead socket and nothing is delivered. */
  down: boolean
  /** Added to the time of the first try (virtual). */
  deliverDelayMs: number
  /** Every other message waits 250 ms longer (virtual), and what is due together goes newest first. */
  reorder: boolean
  /** Added to the wall time in iat, nbf and exp. */
  skewMs: number
  /** The next n failure callbacks are never made: the DLQ alone knows. */
  loseFailureCallbacks: number
  /** Nothing is delivered; publishing works. */
  holdDeliveries: boolean
}

export const WELL_BEHAVED: Persona = {
  duplicateAfter2xx: 0,
  duplicateInParallel: 0,
  dropPublishAnswer: 0,
  rejectPublish: 0,
  down: false,
  deliverDelayMs: 0,
  reorder: false,
  skewMs: 0,
  loseFailureCallbacks: 0,
  holdDeliveries: false,
}

/** A complaint about a change, or null. A mistyped field would make a test pass for the wrong reason. */
export const complaintAbout = (change: unknown): string | null => {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return 'a persona is a JSON object'
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(WELL_BEHAVED, name)) return `unknown persona field ${name}`
    const wanted = typeof WELL_BEHAVED[name as keyof Persona]
    if (typeof value !== wanted || (wanted === 'number' && !Number.isFinite(value)))
      return `${name} must be a ${wanted}`
  }
  return null
}
