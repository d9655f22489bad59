package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// place is where a dataset goes, with the names beside it that are used on the way.
type place struct {
	dir     string
	staging string // the new dataset while it is written; its last part is the number of the process
	aside   string // the earlier dataset while the new one takes its place
}

func newPlace(dir string) (*place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	// The dataset replaces what a link leads to, not the link.
	if to, err := filepath.EvalSymlinks(dir); err == nil {
		dir = to
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	parent, base := filepath.Split(dir)
	if base == "" {
		return nil, errors.New("it is the root of the file system; name a folder in it")
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	return &place{
		dir:     dir,
		staging: fmt.Sprintf("%s.%s.cinecrawl-new.%d", parent, base, os.Getpid()),
		aside:   fmt.Sprintf("%s.%s.cinecrawl-old", parent, base),
	}, nil
}

// recover finishes what an export that was cut short left: a dataset that was set aside returns if nothing took its place, and
// half-written ones go.
func (p *place) recover() error {
	if _, err := os.Lstat(p.aside); err == nil {
		if _, err := os.Lstat(p.dir); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(p.aside, p.dir); err != nil {
				return err
			}
		} else if err := verify(p.dir); err != nil {
			return err
		} else if err := os.RemoveAll(p.aside); err != nil {
			return err
		}
	}
	parent, prefix := filepath.Dir(p.staging), strings.TrimSuffix(filepath.Base(p.staging), strconv.Itoa(os.Getpid()))
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, e := range entries {
		pid, found := strings.CutPrefix(e.Name(), prefix)
		if n, err := strconv.Atoi(pid); found && err == nil && !otherAlive(n) {
			if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherAlive says whether a process of that number runs beside this one. One that now has the number of a dead export keeps its
// half dataset where it is: a matter of space only.
func otherAlive(pid int) bool {
	if pid == os.Getpid() {
		return false
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// swap puts the new dataset in its place.
func (p *place) swap() error {
	err := os.Rename(p.dir, p.aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(p.staging, p.dir); err != nil {
		// Back as it was; if even that fails, the next export does it.
		return errors.Join(err, ignoreNotExist(os.Rename(p.aside, p.dir)))
	}
	if err := syncDir(filepath.Dir(p.dir)); err != nil {
		return err
	}
	return os.RemoveAll(p.aside)
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncAll brings a folder to the disk. It follows the writing as a pass of its own: by then the system has written most of the files
// itself, and a thousand fsyncs cost little more than one.
func syncAll(dir string) error {
	err := eachEntry(dir, func(e fs.DirEntry) error {
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	return errors.Join(err, syncDir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// eachEntry lists a folder of any size in little memory.
func eachEntry(dir string, each func(fs.DirEntry) error) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(1024)
		for _, e := range entries {
			if err := each(e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// verify fails with ErrForeign unless dir is absent, empty, or exactly what an export wrote. Names in a manifest rise, so that as
// many entries as lines are the very files of the lines.
func verify(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("it is no folder; name another")
	}
	entries := 0
	if err := eachEntry(dir, func(fs.DirEntry) error { entries++; return nil }); err != nil {
		return err
	}
	if entries == 0 {
		return nil
	}
	manifest, err := os.Open(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it has no %s: %w", manifestName, ErrForeign)
	}
	if err != nil {
		return err
	}
	defer manifest.Close()
	listed := 1 // the manifest itself
	err = readManifest(manifest, func(file, sum string) error {
		listed++
		its, err := sumOf(filepath.Join(dir, file))
		switch {
		case err != nil:
			return fmt.Errorf("%s cannot be read (%w): %w", file, err, ErrForeign)
		case its != sum:
			return fmt.Errorf("%s was changed: %w", file, ErrForeign)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if listed != entries {
		return fmt.Errorf("it holds files that its %s does not list: %w", manifestName, ErrForeign)
	}
	return nil
}

// readManifest gives the file and hash of each line. It fails with ErrForeign unless the names are plain and rise.
func readManifest(r io.Reader, each func(file, sum string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	last := ""
	for lines.Scan() {
		var l struct{ File, SHA256 string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.File <= last || l.File == manifestName || !plain(l.File) {
			return fmt.Errorf("%s is not one of ours: %w", manifestName, ErrForeign)
		}
		last = l.File
		if err := each(l.File, l.SHA256); err != nil {
			return err
		}
	}
	if lines.Err() != nil {
		return fmt.Errorf("%s is not one of ours: %w", manifestName, ErrForeign)
	}
	return nil
}

// plain says whether a name is that of an entry of a folder.
func plain(name string) bool {
	return name != "." && filepath.IsLocal(name) && !strings.ContainsAny(name, `/\`)
}

// sumOf is the hex SHA-256 of a regular file.
func sumOf(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
