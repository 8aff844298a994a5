import { expect } from 'chai'
import fc from 'fast-check'
import { libavDecoder } from '../../lib/video/libav-decoder'
import { loadAv } from '../../lib/video/mediabunny'

describe('FFmpeg as a decoder of Mediabunny', () => {
  it('says of packets that are none once that it fails, whatever else it is given, and gives no frame', async () => {
    const [mediabunny, server, av] = [await import('mediabunny'), await import('@mediabunny/server'), await loadAv()]
    const Decoder = libavDecoder({ mediabunny, server, av }) as unknown as new () => Record<
      'init' | 'flush' | 'close',
      () => unknown
    > & { readonly decode: (packet: InstanceType<typeof mediabunny.EncodedPacket>) => Promise<void> }
    const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 40, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('avc', 'hevc', 'vp8', 'vp9', 'av1'), packets, async (codec, given) => {
        const [errors, samples]: [unknown[], unknown[]] = [[], []]
        const config = { codec, codedWidth: 16, codedHeight: 16 }
        const heard = { onError: (e: unknown) => void errors.push(e), onSample: (x: unknown) => void samples.push(x) }
        const decoder = Object.assign(new Decoder(), { codec, config, ...heard })
        decoder.init()
        for (const [i, data] of given.entries())
          await decoder.decode(new mediabunny.EncodedPacket(data, i === 0 ? 'key' : 'delta', i / 25, 1 / 25))
        await decoder.flush()
        decoder.close()
        expect(samples).to.deep.equal([])
        expect(errors).to.have.lengthOf(1)
        expect(errors[0]).to.be.an.instanceOf(Error)
      }),
      { numRuns: 20 },
    )
  })
})
