import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, messageOf } from '#lib/fault.ts'
import type { DockerSettings } from './settings.ts'

/** How to reach an engine: what node:http(s) needs for each request. */
export type DockerTarget = {
  isTls: boolean
  /** For people. */
  address: string
  connection: {
    socketPath?: string
    host?: string
    port?: number
    ca?: Buffer
    cert?: Buffer
    key?: Buffer
    rejectUnauthorized?: boolean
  }
}

const usualSocket = 'unix:///var/run/docker.sock'

/** Reads DOCKER_HOST and its companions as Docker's own client does. Throws a Fault for what it cannot mean. */
export function dockerTarget(settings: Pick<DockerSettings, 'host' | 'certPath' | 'isTlsVerified'>): DockerTarget {
  const address = settings.host || usualSocket
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(address) ?? []
  if (scheme === 'unix') return { isTls: false, address, connection: { socketPath: rest } }
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') {
    throw unusable(address, `'${scheme || address}' is not an address we can speak to; use unix:// or tcp://`)
  }
  const isTls = scheme === 'https' || settings.certPath !== ''
  const { host, port } = hostAndPort(rest, isTls ? 2376 : 2375, address)
  const tls = isTls ? { ...certificates(settings.certPath, address), rejectUnauthorized: settings.isTlsVerified } : {}
  return { isTls, address, connection: { host, port, ...tls } }
}

function hostAndPort(text: string, usualPort: number, address: string): { host: string; port: number } {
  const url = URL.parse(`http://${text}`)
  if (!url?.hostname || url.pathname !== '/') throw unusable(address, 'it names no host')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port ? Number(url.port) : usualPort }
}

function certificates(folder: string, address: string): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  if (folder === '') return {}
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name))
    } catch (error) {
      throw unusable(address, messageOf(error))
    }
  }
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}

const unusable = (address: string, why: string): Fault =>
  new Fault('BadRequest', `cannot use the Docker engine at ${address}: ${why}`, {
    component: 'Docker',
    hint: 'Check DOCKER_HOST and DOCKER_CERT_PATH of the node',
  })
