/** Whether D1 answers within `timeoutMs`. Never throws. */
export const d1Answers = async (database: D1Database, timeoutMs = 2_000): Promise<boolean> => {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), timeoutMs))
  const asked = database
    .prepare('SELECT 1 AS one')
    .first<{ one: number }>()
    .then((row) => row?.one === 1)
    .catch(() => false)
  return Promise.race([asked, late])
}
