import path from 'node:path'
import { build } from 'esbuild'

const root = path.resolve(import.meta.dirname, '../..')

/** Browsers since 2020. An older one stops at the first line and has the page without it, which does. */
const TARGET = 'es2020'

/** The text of src/edge/pages/client-script.ts, from src/edge/pages/client. */
export const clientScriptModule = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, 'src/edge/pages/client/main.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: TARGET,
    charset: 'utf8',
    legalComments: 'none',
  })
  const script = (outputFiles[0]?.text ?? '').trim()
  // In a script element this would be its end, or the beginning of something else.
  if (/<\/script|<!--/i.test(script)) throw new Error('the script cannot stand in a page as it is')
  return `// Made by \`npm run build:pages\` from src/edge/pages/client. Do not edit.\nexport const CLIENT_SCRIPT = ${JSON.stringify(script)}\n`
}
