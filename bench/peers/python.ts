import { fileURLToPath } from 'node:url'
import { type PythonEnvironment, preparePythonEnvironment } from '../../scripts/stack/python-environment.ts'

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))

export type Python = PythonEnvironment

/** What cannot be had is said in one line; the bench goes on without. */
export const preparePython = (say: (line: string) => void): Python =>
  preparePythonEnvironment(
    { requirements: REQUIREMENTS, cache: 'lango-bench', what: 'FastAPI and the synchronous server' },
    say,
  )
