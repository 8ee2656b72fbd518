import { describe, expect, it } from 'vitest'
import { dockerTarget } from './docker-host.ts'

const target = (host: string, certPath = '') => dockerTarget({ host, certPath, isTlsVerified: true })

describe('dockerTarget', () => {
  it('knows the usual socket and any other', () => {
    expect(target('').connection).toEqual({ socketPath: '/var/run/docker.sock' })
    expect(target('unix:///run/x.sock').connection).toEqual({ socketPath: '/run/x.sock' })
  })

  it('reads hosts and ports, with the usual port when there is none', () => {
    expect(target('tcp://10.1.2.3:9999').connection).toEqual({ host: '10.1.2.3', port: 9999 })
    expect(target('tcp://engine').connection).toEqual({ host: 'engine', port: 2375 })
    expect(target('tcp://[::1]:5').connection).toEqual({ host: '::1', port: 5 })
    expect(target('https://engine')).toMatchObject({ isTls: true, connection: { port: 2376 } })
  })

  it('says what it cannot use', () => {
    expect(() => target('ssh://me@host')).toThrow('use unix:// or tcp://')
    expect(() => target('/var/run/docker.sock')).toThrow('use unix:// or tcp://')
    expect(() => target('tcp://')).toThrow('names no host')
    expect(() => target('tcp://host:1', '/no/such/folder')).toThrow('ca.pem')
  })
})
