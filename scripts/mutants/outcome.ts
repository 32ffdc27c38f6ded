/** A change to the code that no test noticed. `id` is stable while the line stays what it is: file and change, no line number. */
export interface Survivor {
  readonly id: string
  readonly at: string
  readonly money: boolean
}

export interface Outcome {
  readonly caught: number
  readonly survivors: readonly Survivor[]
}

export interface Explanation {
  readonly id: string
  readonly why: string
}

export interface Judged {
  readonly failures: readonly string[]
  readonly explained: readonly string[]
}

/** A survivor in money code always fails; elsewhere it needs a reason, and there may be `max` of those. */
export const judge = (
  survivors: readonly Survivor[],
  explanations: readonly Explanation[],
  max: number,
  /** False when only a part was run: an explanation of the rest is then no mistake. */
  whole: boolean,
): Judged => {
  const why = new Map(explanations.map((explanation) => [explanation.id, explanation.why]))
  const explained: string[] = []
  const failures: string[] = []
  for (const { id, at, money } of survivors) {
    const reason = why.get(id)
    if (money) failures.push(`${at} ${id}: survives in money code`)
    else if (reason) explained.push(`${at} ${id}: ${reason}`)
    else failures.push(`${at} ${id}: survives, and test/mutants/explained.json does not say why`)
  }
  if (explanations.length > max) failures.push(`${explanations.length} explained survivors, at most ${max} may be`)
  const ids = new Set(survivors.map(({ id }) => id))
  if (whole)
    for (const { id } of explanations) if (!ids.has(id)) failures.push(`${id}: explained, and caught by now: remove it`)
  return { failures, explained }
}
