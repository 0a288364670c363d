package commands

import (
	"strings"
	"testing"
)

func TestArrange(t *testing.T) {
	for in, want := range map[string]string{
		"husk":                                      "husk",
		"husk --version":                            "husk --version",
		"husk list":                                 "husk list",
		"husk nonsense --x y":                       "husk nonsense --x y",
		"husk --root /r --debug list -q":            "husk --root /r --debug list -q",
		"husk --root=/r state web":                  "husk --root=/r state -- web",
		"husk delete web --force":                   "husk delete --force -- web",
		"husk delete --force web":                   "husk delete --force -- web",
		"husk delete -force web":                    "husk delete -force -- web",
		"husk kill web KILL --all":                  "husk kill --all -- web KILL",
		"husk kill -ar web KILL":                    "husk kill -a -r -- web KILL",
		"husk update web --memory -1 --cpu-share 2": "husk update --memory -1 --cpu-share 2 -- web",
		"husk update -r - web":                      "husk update -r - -- web",
		"husk update web -r-":                       "husk update -r - -- web",
		"husk run web -b /b --detach":               "husk run -b /b --detach -- web",
		"husk run -db/b web":                        "husk run -d -b /b -- web",
		"husk run -- --help":                        "husk run -- --help",
		"husk run -d -- web":                        "husk run -d -- web",
		"husk create web --pid-file":                "husk create --pid-file -- web",
		"husk delete web --bogus":                   "husk delete --bogus -- web",
		"husk delete -fx web":                       "husk delete -fx -- web",
		"husk exec web ls -l --cwd /":               "husk exec web ls -l --cwd /",
		"husk exec -tu1000:5 web sh -c x":           "husk exec -t -u 1000:5 web sh -c x",
		"husk exec -eA=b,c --env B=-t -dt web -t":   "husk exec -e A=b,c --env B=-t -d -t web -t",
		"husk exec -e-u web id":                     "husk exec -e -u web id",
		"husk exec --user 1 -- web sh":              "husk exec --user 1 -- web sh",
		"husk ps web -f":                            "husk ps web -f",
		"husk ps -fjson web":                        "husk ps -f json web",
		"husk mounts add web m.json":                "husk mounts add -- web m.json",
		"husk mounts add web m.json --help":         "husk mounts add --help",
		"husk mounts":                               "husk mounts",
		"husk run --help":                           "husk run --help",
		"husk run web -h":                           "husk run -h",
		"husk exec -h web sh -c x":                  "husk exec -h",
	} {
		got := strings.Join(arrange(App(), strings.Fields(in)), " ")
		if got != want {
			t.Errorf("%s\n got  %s\n want %s", in, got, want)
		}
	}
}
