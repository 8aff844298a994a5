import { expect } from 'chai'
import { spawned } from './command'
import { itIsFor } from './completion'

/** What a shell is offered after some words, the last of which has been begun. */
const offered = async (...words: string[]): Promise<readonly string[]> => {
  const { code, out, err } = await spawned(['complete', '--', ...words])
  expect({ code, err }).to.deep.equal({ code: 0, err: '' })
  return out.trimEnd().split('\n').slice(0, -1)
}

describe('Completion', () => {
  it('of a command', async () =>
    expect(await offered('ev')).to.deep.equal(['evaluate\tmeasure a trained network on videos']))

  it('is told of in the words of the other commands, by help and by itself', async () => {
    const words = 'print the script by which a shell completes commands, flags and paths'
    expect(await offered('comp')).to.deep.equal([`complete\t${words}`])
    const { out } = await spawned(['complete', '--help'])
    expect(out)
      .to.include(words)
      .and.to.match(/^ +shell +bash, zsh, fish or powershell$/m)
  })

  it('of a flag, and of its choices', async () => {
    expect((await offered('train', '--dead')).join('\n')).to.match(
      /^--dead-work\tpositions that no result depends on.*$/,
    )
    expect(await offered('train', '--dead-work', '')).to.deep.equal(['keep\t', 'leave-out\t'])
  })

  it('of paths, of flags and of arguments, in folders that are there', async () => {
    expect([...(await offered('train', '--data', 'fixtures/v'))].sort()).to.deep.equal(
      ['video', 'videos', 'vit'].map(folder => `fixtures/${folder}/\t`),
    )
    expect(await offered('predict', 'READ')).to.deep.equal(['README.md\t'])
    expect(await offered('train', '--init', 'no such folder/a')).to.deep.equal([])
  })

  it('of no path where a number is asked for', async () =>
    expect(await offered('train', '--steps', '')).to.deep.equal([]))

  itIsFor('bash')

  it('is for no other shell', async () =>
    expect((await spawned(['complete', 'tcsh'])).err).to.match(
      /^cstransformer: .*'tcsh' is invalid for argument 'shell'\. Allowed choices are zsh, bash, fish, powershell\.\n$/,
    ))
})
