import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { PORTS, resolvePorts } from '../../../scripts/stack/ports.ts'

const ANY = { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 }
const listening = (port: number) =>
  new Promise<{ close: () => Promise<unknown>; port: number }>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address() as { port: number }
      resolve({ port: address.port, close: () => new Promise((done) => server.close(done)) })
    })
  })

it('any free ports are five different ones, none of which the system would give to a connection meanwhile', async () => {
  const ports = Object.values(await resolvePorts(ANY))
  expect(new Set(ports).size).toBe(Object.keys(PORTS).length)
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_240)
    expect(port).toBeLessThan(32_768)
    await (await listening(port)).close()
  }
})

it('a taken port is named, with the variable that moves it', async () => {
  const other = await listening(0)
  await expect(resolvePorts({ ...ANY, edge: other.port })).rejects.toThrow(
    `Port ${other.port} (edge) is taken. Stop what uses it, or choose another: ${PORTS.edge.variable}=`,
  )
  await other.close()
})
