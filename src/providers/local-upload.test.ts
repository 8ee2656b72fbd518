import { expect, it } from 'vitest'
import { uploadStat } from './local-upload.ts'

it('says how a target begins where a path that is not there may have one at its end', async () => {
  await expect(uploadStat('/none/f.txt:data')).rejects.toMatchObject({
    hint: expect.stringContaining('./FILE:/TARGET'),
  })
  await expect(uploadStat('/none/f.txt')).rejects.toMatchObject({ hint: undefined })
})
