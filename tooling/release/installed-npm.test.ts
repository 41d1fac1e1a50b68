import { testInstalledPackages } from './installed.ts'

testInstalledPackages('npm')
