package commands

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// peers are the flags of runc 1.5.2 and of crun 1.27, verb by verb ("" is the global ones), with the one-letter names
// that they have. Callers may use any of them.
var peers = map[string]struct{ runc, crun string }{
	"": {
		"debug log log-format root systemd-cgroup rootless help,h version,v criu",
		"debug cgroup-manager log log-format log-level root rootless systemd-cgroup help version,v,V",
	},
	"checkpoint": {
		"image-path work-path parent-path leave-running tcp-established tcp-skip-in-flight link-remap ext-unix-sk shell-job " +
			"lazy-pages status-fd page-server file-locks pre-dump manage-cgroups-mode empty-ns auto-dedup help,h",
		"image-path work-path leave-running tcp-established tcp-close ext-unix-sk shell-job pre-dump parent-path " +
			"manage-cgroups-mode file-locks network-lock help",
	},
	"create": {
		"bundle,b console-socket pidfd-socket pid-file no-pivot no-new-keyring preserve-fds help,h",
		"bundle,b config,f console-socket preserve-fds no-pivot pid-file no-subreaper no-new-keyring help",
	},
	"delete": {"force,f help,h", "force,f regex,r help"},
	"events": {"interval stats help,h", ""},
	"exec": {
		"console-socket pidfd-socket cwd env,e tty,t user,u additional-gids,g process,p detach,d pid-file process-label " +
			"apparmor no-new-privs cap,c preserve-fds cgroup ignore-paused help,h",
		"console-socket tty,t process,p cwd cgroup detach,d user,u env,e cap,c pid-file preserve-fds no-new-privs " +
			"process-label apparmor help",
	},
	"features": {"help,h", "help"},
	"kill":     {"all,a help,h", "all,a regex,r help"},
	"list":     {"format,f quiet,q help,h", "format,f quiet,q help"},
	"mounts":   {"", "help"},
	"pause":    {"help,h", "help"},
	"ps":       {"format,f help,h", "format,f help"},
	"restore": {
		"console-socket image-path work-path tcp-established ext-unix-sk shell-job file-locks manage-cgroups-mode bundle,b " +
			"detach,d pid-file no-subreaper no-pivot empty-ns auto-dedup lazy-pages lsm-profile lsm-mount-context help,h",
		"bundle,b image-path work-path tcp-established tcp-close ext-unix-sk shell-job detach,d pid-file console-socket " +
			"file-locks manage-cgroups-mode network-lock lsm-profile lsm-mount-context help",
	},
	"resume": {"help,h", "help"},
	"run": {
		"bundle,b console-socket pidfd-socket detach,d keep pid-file no-subreaper no-pivot no-new-keyring preserve-fds help,h",
		"bundle,b config,f console-socket preserve-fds no-pivot pid-file no-subreaper no-new-keyring detach,d keep help",
	},
	"spec":  {"bundle,b rootless help,h", "bundle,b file,f rootless help"},
	"start": {"help,h", "help"},
	"state": {"help,h", "help"},
	"update": {
		"resources,r blkio-weight cpu-period cpu-quota cpu-burst cpu-share cpu-rt-period cpu-rt-runtime cpuset-cpus " +
			"cpuset-mems kernel-memory kernel-memory-tcp memory cpu-idle memory-reservation memory-swap pids-limit " +
			"l3-cache-schema mem-bw-schema help,h",
		"resources,r blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-share cpuset-cpus cpuset-mems " +
			"kernel-memory kernel-memory-tcp memory memory-reservation memory-swap pids-limit l3-cache-schema " +
			"mem-bw-schema help",
	},
}

func TestEveryFlagOfThePeersIsThere(t *testing.T) {
	app := App()
	app.Setup()
	for verb, want := range peers {
		have := app.Flags
		if verb != "" {
			cmd := app.Command(verb)
			if cmd == nil {
				t.Errorf("there is no verb %s", verb)
				continue
			}
			have = append(slices.Clone(cmd.Flags), cli.HelpFlag)
		}
		for _, names := range strings.Fields(want.runc + " " + want.crun) {
			if !hasFlag(have, strings.Split(names, ",")) {
				t.Errorf("%s: no flag %s", verb, names)
			}
		}
	}
	for _, cmd := range app.Commands {
		if _, ok := peers[cmd.Name]; !ok && cmd.Name != "help" {
			t.Errorf("verb %s is missing in the table", cmd.Name)
		}
	}
}

func hasFlag(flags []cli.Flag, names []string) bool {
	return slices.ContainsFunc(flags, func(f cli.Flag) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(f.Names(), name) })
	})
}

// Manual pages and help are made from these texts.
func TestEverythingIsDescribed(t *testing.T) {
	app := App()
	for _, f := range app.Flags {
		describedFlag(t, "husk", f)
	}
	for _, cmd := range app.Commands {
		described(t, cmd)
		if cmd.Description == "" {
			t.Errorf("%s has no description", cmd.Name)
		}
	}
}

func described(t *testing.T, cmd *cli.Command) {
	t.Helper()
	if takesNone := slices.Contains([]string{"features", "list", "spec"}, cmd.Name); cmd.Usage == "" || takesNone != (cmd.ArgsUsage == "") {
		t.Errorf("%s: usage %q, arguments %q", cmd.Name, cmd.Usage, cmd.ArgsUsage)
	}
	for _, f := range cmd.Flags {
		describedFlag(t, cmd.Name, f)
	}
	for _, sub := range cmd.Subcommands {
		described(t, sub)
	}
}

func describedFlag(t *testing.T, where string, f cli.Flag) {
	t.Helper()
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok || doc.GetUsage() == "" || strings.Contains(doc.GetUsage(), "\n") {
		t.Errorf("%s --%s: usage must be one line", where, f.Names()[0])
		return
	}
	if doc.TakesValue() && !strings.Contains(doc.GetUsage(), "`") {
		t.Errorf("%s --%s: usage does not name the value", where, f.Names()[0])
	}
}

// A verb's flags must not have a name twice, which the cli library finds only when the verb runs.
func TestFlagNamesAreUnique(t *testing.T) {
	app := App()
	for _, cmd := range app.Commands {
		seen := map[string]bool{"help": true, "h": true}
		for _, f := range cmd.Flags {
			for _, name := range f.Names() {
				if seen[name] {
					t.Errorf("%s: --%s twice", cmd.Name, name)
				}
				seen[name] = true
			}
		}
	}
}

func TestFlagLine(t *testing.T) {
	for want, f := range map[string]cli.Flag{
		"-e, --env NAME=VALUE\tset NAME=VALUE":               &cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "set `NAME=VALUE`"},
		"    --stats\tprint once":                            boolean("stats", "print once"),
		"-v, -V, --version\tversions":                        boolean("version", "versions", "v", "V"),
		"    --interval DURATION\tor so (default: 5s)":       &cli.DurationFlag{Name: "interval", Value: 5e9, Usage: "or so (`DURATION`)"},
		"    --log-format FORMAT\tas FORMAT (default: text)": &cli.StringFlag{Name: "log-format", Value: "text", Usage: "as `FORMAT`"},
	} {
		if got := flagLine(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
