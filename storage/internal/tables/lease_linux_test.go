package tables

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestGoneZombie: a killed holder whose parent has not waited for it yet is gone.
func TestGoneZombie(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	pid := cmd.Process.Pid
	const pPID, wExited, wNoWait = 1, 4, 1 << 24
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pPID, uintptr(pid), 0, wExited|wNoWait, 0, 0)
		if errno == 0 {
			break
		}
		if errno != syscall.EINTR {
			t.Fatal(errno)
		}
	}
	owner := strings.Split(newOwner(), "/")
	owner[1] = fmt.Sprint(pid)
	if !gone(strings.Join(owner, "/")) {
		t.Error("a zombie is taken for alive")
	}
}
