/** The first case that fails is enough: that a change is noticed needs no smallest example. */
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
