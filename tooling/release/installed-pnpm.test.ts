import { testInstalledPackages } from './installed.ts'

testInstalledPackages('pnpm')
