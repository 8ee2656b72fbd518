import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import { decodeFrame, encodeFrame, typeOf } from '#link/ncl/frame.ts'
import { absent, goldensDir } from '../../kit/vectors.ts'

const file = join(goldensDir(), 'wire/frames.jsonl')

if (!existsSync(file)) absent('wire/frames.jsonl')
else
  describe('recorded frames', () => {
    const recorded = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

    it('are as many as there are kinds of message', () => expect(recorded).toHaveLength(14))

    it.each(recorded)('$type is read, and written again to the same bytes', ({ type, frame_b64 }) => {
      const bytes = Buffer.from(frame_b64, 'base64')
      const { metadata, payload } = decodeFrame(bytes)
      expect(typeOf({ metadata, payload })).toBe(type)
      expect(encodeFrame(metadata, goJson(payload)).toString('hex')).toBe(bytes.toString('hex'))
    })
  })
