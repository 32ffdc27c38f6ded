/**
 * Wrangler asks the network three things at start-up (metrics, cf.json, updates). Only variables of the real
 * environment silence all three, and they must be there before wrangler is loaded: import this file first.
 */
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
process.env['WRANGLER_SEND_METRICS'] = 'false'
process.env['WRANGLER_HIDE_BANNER'] = 'true'
