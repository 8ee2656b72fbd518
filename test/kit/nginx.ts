import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { freePort } from './free-ports.ts'
import { missingPart } from './missing-part.ts'
import { Program } from './program.ts'
import { until } from './until.ts'

const binary = '/usr/sbin/nginx'

/** A web server as it is on the web: nginx with what servers do to files, well and badly. */
export class Nginx {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bacalhau-nginx-'))
  #program: Program | undefined
  port = 0

  async start(): Promise<void> {
    this.port = await freePort()
    mkdirSync(join(this.#folder, 'files'))
    writeFileSync(join(this.#folder, 'nginx.conf'), configuration(this.#folder, this.port))
    const program = new Program(binary, ['-p', this.#folder, '-e', 'stderr', '-c', join(this.#folder, 'nginx.conf')])
    this.#program = program
    await until('nginx answers', () => {
      if (program.child.exitCode !== null) throw new Error(`nginx ended: ${program.said}`)
      return fetch(this.url('/status/200')).then(
        ({ ok }) => ok,
        () => false,
      )
    })
  }

  async close(): Promise<void> {
    await this.#program?.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** A file below every place that serves files, by this name. */
  file(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.#folder, 'files', name), content)
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`
  }

  /** `METHOD path status bytes range` of each request so far. */
  get requests(): string[] {
    return readFileSync(join(this.#folder, 'requests.log'), 'utf8').split('\n').slice(0, -1)
  }
}

const statuses = [200, 401, 403, 404, 410, 429, 500, 502, 503]

const configuration = (folder: string, port: number): string => `
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ')}
  log_format short '$request_method $uri $status $body_bytes_sent $http_range';
  access_log requests.log short;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port};
    location /files/ { alias ${folder}/files/; }
    location /slow/ { alias ${folder}/files/; limit_rate 150k; }
    location /paced/ { alias ${folder}/files/; limit_rate 20m; }
    location /no-ranges/ { alias ${folder}/files/; max_ranges 0; }
    # Without a length, a tag and ranges.
    location /streamed/ { alias ${folder}/files/; ssi on; ssi_types *; }
    location /zipped/ { alias ${folder}/files/; gzip on; gzip_types *; gzip_min_length 1; }
    location /encoded/ { alias ${folder}/files/; add_header Content-Encoding gzip; }
    location /brotli/ { alias ${folder}/files/; add_header Content-Encoding br; }
    location /named/ { alias ${folder}/files/; add_header Content-Disposition 'attachment; filename="../named by the server.txt"'; }
    location /moved/ { rewrite ^/moved/(.*)$ /files/$1 redirect; }
    location /moved-twice/ { rewrite ^/moved-twice/(.*)$ /moved/$1 permanent; }
    location /moved-named/ { rewrite ^/moved-named/(.*)$ /named/$1 redirect; }
    location /loop { return 302 /loop; }
    location /inside { return 302 http://169.254.169.254/latest/meta-data; }
    location /nowhere { return 302 file:///etc/passwd; }
    location /login/ { alias ${folder}/files/; if ($http_authorization != "Basic bWU6c2VjcmV0") { return 401; } }
    location /empty { return 204; }
    ${statuses.map((status) => `location = /status/${status} { return ${status}; }`).join('\n    ')}
  }
}
`

/** Suites that need nginx, one for all of them. Without it they are left out with one line, and fail with CI=true. */
export function withNginx(suites: (nginx: Nginx) => void): void {
  if (!existsSync(binary)) return missingPart('nginx')
  describe('with nginx', () => {
    const nginx = new Nginx()
    beforeAll(() => nginx.start())
    afterAll(() => nginx.close())
    suites(nginx)
  })
}
