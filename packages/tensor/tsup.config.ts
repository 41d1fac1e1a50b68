import { library } from '../../tooling/tsup.ts'

export default library(['src/index.ts', 'src/backend.ts', 'src/testing.ts'])
