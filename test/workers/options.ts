import { unstable_getMiniflareWorkerOptions } from 'wrangler'

/**
 * A Worker's own configuration for its tests, but for one flag: the test plugin reaches the Worker through the importable
 * env that `disallow_importable_env` forbids. The plugin, given the path itself, can add flags and never take one away.
 */
export const workerOptions = (configPath: string) => {
  const { workerOptions: options } = unstable_getMiniflareWorkerOptions(configPath)
  const flags = (options as { readonly compatibilityFlags?: readonly string[] }).compatibilityFlags ?? []
  return {
    ...options,
    cf: false as const,
    compatibilityFlags: flags.filter((flag) => flag !== 'disallow_importable_env'),
  }
}
