import { itIsFor } from './completion'

describe('Completion, of the other shells', () => {
  for (const shell of ['zsh', 'fish', 'powershell'] as const) itIsFor(shell)
})
