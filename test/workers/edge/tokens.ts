export const REDIS_TOKEN = 'redis-token-of-the-edge-tests'
export const QSTASH_TOKEN = 'qstash-token-of-the-edge-tests'
