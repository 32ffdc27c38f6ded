import { type ParseArgsConfig, parseArgs } from 'node:util'

/**
 * What somebody typed after a command. `--help` prints `usage`; what is wrong is said in one line above it and ends with 2, for a
 * mistake at the keyboard is no bug with a stack.
 */
export const commandLine = (usage: string) => {
  if (process.argv.slice(2).some((given) => given === '--help' || given === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`)
    process.exit(2)
  }
  return {
    refuse,
    options: <const Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> => {
      try {
        return parseArgs(config)
      } catch (error) {
        return refuse((error as Error).message)
      }
    },
    whole: (option: string, text: string, least = 0): number => {
      const value = Number(text)
      if (/^\d{1,9}$/.test(text) && value >= least) return value
      return refuse(`${option}: a whole number${least > 0 ? `, at least ${least}` : ''}, not "${text}"`)
    },
    /** 0: any free one. */
    port: (option: string, text: string): number => {
      const value = Number(text)
      if (/^\d{1,5}$/.test(text) && value < 65_536) return value
      return refuse(`${option}: a port, not "${text}"`)
    },
    positive: (option: string, text: string): number => {
      const value = Number(text)
      if (value > 0 && Number.isFinite(value)) return value
      return refuse(`${option}: a number above 0, not "${text}"`)
    },
  }
}
