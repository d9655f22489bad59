// Package deps keeps the import arrows of the design: URL → Page → Review → Record → file, each stage knowing only those before
// it, and each wrapped library known to one package only. Its test fails when an arrow points the wrong way.
package deps
