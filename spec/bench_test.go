package spec

import (
	"fmt"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// BenchmarkFromFile is what every container pays: a configuration with a large seccomp profile and many mounts, from the
// file to libcontainer's configuration.
func BenchmarkFromFile(b *testing.B) {
	bundle := bundleOf(b)
	s := Default()
	for i := range 200 {
		s.Mounts = append(s.Mounts, specs.Mount{Destination: fmt.Sprint("/m", i), Source: "data", Options: []string{"rbind", "ro", "nosuid"}})
	}
	s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	for i := range 400 {
		s.Linux.Seccomp.Syscalls = append(s.Linux.Seccomp.Syscalls, specs.LinuxSyscall{
			Names: []string{fmt.Sprint("call", i)}, Action: specs.ActAllow,
		})
	}
	path := write(b, toJSON(b, s))
	for b.Loop() {
		s, err := Load(path)
		if err != nil {
			b.Fatal(err)
		}
		Absolutize(s, bundle)
		if err := validate(s, &everything); err != nil {
			b.Fatal(err)
		}
		if _, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundle}); err != nil {
			b.Fatal(err)
		}
	}
}
