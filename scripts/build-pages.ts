/**
 * Bundles what the hosted page runs in a browser into src/edge/pages/client-script.ts.
 *
 *   npm run build:pages
 */
import { writeFileSync } from 'node:fs'
import { clientScriptModule } from './pages/client-script.ts'

const TARGET = 'src/edge/pages/client-script.ts'

const module = await clientScriptModule()
writeFileSync(TARGET, module)
console.log(`${TARGET}: ${module.length} characters`)
