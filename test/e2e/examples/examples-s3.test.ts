import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server } from '../../kit/product.ts'
import { fillBucket } from '../../kit/s3.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { withSwift } from '../../kit/with-swift.ts'
import { examples, filesBelow, outputsOf, ran, rowsOf } from './example-jobs.ts'

const bucket = 'examples'

/** What the examples that read from a bucket find there is their own data, under the names of its files. */
withSwift((store) =>
  withDocker((host) => {
    let product: Product
    let server: Server

    beforeAll(async () => {
      const { endpoint, accessKeyId, secretAccessKey } = store()
      product = await Product.start()
      server = await product.serve({
        settings: { 'Compute.S3.TrustedEndpoints': endpoint, 'Orchestrator.S3.TrustedEndpoints': endpoint },
        env: { DOCKER_HOST: host(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      })
      const objects = { ...objectsOf('s3-filter', 'sales'), ...objectsOf('s3-partitions', 'readings') }
      await fillBucket(store(), bucket, objects)
    })
    afterAll(() => product?.stop())

    /** As `aws s3 cp --recursive` names them. */
    const objectsOf = (example: string, folder: string): Record<string, Buffer> =>
      Object.fromEntries(
        filesBelow(join(examples, example, folder)).map((file) => [
          file.slice(join(examples, example).length + 1),
          readFileSync(file),
        ]),
      )
    const run = (file: string) => ran(file, server, product.folder, { S3_ENDPOINT: store().endpoint, BUCKET: bucket })

    describe('the examples with S3', () => {
      it('add up the tables of a year, of a prefix, that pass a filter [R169, R170]', async () => {
        const [output = ''] = outputsOf(await run('s3-filter/s3-filter.yaml'))
        expect(rowsOf(output)).toEqual([
          ['chair', '5'],
          ['lamp', '5'],
          ['table', '1'],
          ['total', '11'],
        ])
      })

      it('deal the stations of a prefix out to five parts, each with results of its own [R194, R198]', async () => {
        const shown = await run('s3-partitions/s3-partitions.yaml')
        const counts = outputsOf(shown).map((output) => /^part (\d) of 5: (\d+) stations\n$/.exec(output) ?? [])
        expect(counts.map(([, part]) => part).sort()).toEqual(['1', '2', '3', '4', '5'])
        expect(counts.filter(([, , count]) => count !== '0').length, 'parts with work').toBeGreaterThan(2)
        const tables = filesBelow(await server.got(shown.Job.ID)).filter((path) => path.endsWith('means.tsv'))
        expect(tables).toHaveLength(5)
        const means = tables.flatMap((path) => rowsOf(readFileSync(path, 'utf8')))
        expect(means.sort()).toEqual(stationMeans().sort())
      })
    })
  }),
)

function stationMeans(): string[][] {
  const readings = Map.groupBy(filesBelow(join(examples, 's3-partitions/readings')), (path) =>
    path.replace(/.*\/(\w+)\.[^/]*$/, '$1'),
  )
  return [...readings].map(([station, files]) => {
    const values = files
      .flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
      .map((line) => Number(line.split(' ')[1]))
    return [station, (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3)]
  })
}
