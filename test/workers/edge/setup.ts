import { fork } from 'node:child_process'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { QSTASH_TOKEN, REDIS_TOKEN } from './tokens.ts'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
    queueUrl: string
  }
}

/** The servers run in Node itself: the loader of the Workers plugin, in which this file runs, cannot load their WASM engine. */
export default async (project: TestProject) => {
  const child = fork(path.join(import.meta.dirname, 'servers.ts'), [REDIS_TOKEN, QSTASH_TOKEN])
  const urls = await new Promise<{ redisUrl: string; queueUrl: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { redisUrl: string; queueUrl: string }))
    child.once('exit', (code) => reject(new Error(`the servers of the edge tests ended with ${code}`)))
  })
  project.provide('redisUrl', urls.redisUrl)
  project.provide('queueUrl', urls.queueUrl)
  return () => child.disconnect()
}
