package tables

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestGone(t *testing.T) {
	mine := strings.Split(newOwner(), "/")
	for _, tt := range []struct {
		name  string
		owner string
		want  bool
	}{
		{"this process", strings.Join(mine, "/"), false},
		{"this number, another process", fmt.Sprintf("%s/%s/other/x/%s", mine[0], mine[1], mine[4]), true},
		{"no such process", mine[0] + "/999999999/other/x/" + mine[4], true},
		{"a live process", fmt.Sprintf("%s/%d/other/x/%s", mine[0], os.Getppid(), mine[4]), false},
		{"another machine", "elsewhere.example/999999999/other/x/" + mine[4], false},
		{"no owner we know", "x", false},
		{"no number", mine[0] + "/x/other/x/" + mine[4], false},
		{"another PID namespace of the same host name", mine[0] + "/999999999/other/x/another", false},
		{"this number in another PID namespace", fmt.Sprintf("%s/%s/other/x/another", mine[0], mine[1]), false},
		{"of a version that did not say", mine[0] + "/999999999/other/x", false},
	} {
		if got := gone(tt.owner); got != tt.want {
			t.Errorf("%s: gone is %v", tt.name, got)
		}
	}
}
