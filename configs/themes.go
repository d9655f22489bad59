package configs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cinecrawl/extract"
)

// maxLike bounds how many themes are like one another in a line.
const maxLike = 8

// loadThemes reads themes/*.yaml. A theme that is like another has its own rules before the other's, and only its own fingerprints.
// The more particular themes come first, then by name, then those that say they are last.
func loadThemes(data fs.FS) ([]*extract.Theme, error) {
	names, err := fs.Glob(data, "themes/*.yaml")
	if err != nil {
		return nil, err
	}
	var errs []error
	files := map[string]themeFile{}
	for _, name := range names {
		var f themeFile
		b, err := fs.ReadFile(data, name)
		if err == nil {
			err = decode("configs/"+name, b, &f)
		}
		errs = append(errs, err)
		files[strings.TrimSuffix(path.Base(name), ".yaml")] = f
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	type placed struct {
		*extract.Theme
		depth int // themes it is like, one after the other; -1 for one that comes last
	}
	var list []placed
	for name, f := range files {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("configs/themes/%s.yaml:%d: %s", name, max(f.Like.Line, 1), fmt.Sprintf(format, args...))
		}
		own, err := f.rules()
		if err != nil {
			return nil, fail("%v", err)
		}
		if f.Like.Value != "" && len(f.When) == 0 {
			return nil, fail("a theme that is like another needs fingerprints of its own, when: […]")
		}
		t := placed{Theme: &extract.Theme{Name: name, When: extract.NewSelectors(f.When...)}}
		for like := f.Like.Value; like != ""; t.depth++ {
			base, ok := files[like]
			if !ok {
				return nil, fail("there is no theme %q to be like", like)
			}
			if t.depth == maxLike {
				return nil, fail("the themes that this one is like go round in a circle")
			}
			more, err := base.rules()
			if err != nil {
				return nil, fail("like %s: %v", like, err)
			}
			own, like = after(own, more), base.Like.Value
		}
		if f.Last {
			t.depth = -1
		}
		t.Rules = own
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b placed) int { return cmp.Or(b.depth-a.depth, strings.Compare(a.Name, b.Name)) })
	themes := make([]*extract.Theme, len(list))
	for i, t := range list {
		themes[i] = t.Theme
	}
	return themes, nil
}

// after gives own rules followed by those of the theme that it is like.
func after(own, base extract.Rules) extract.Rules {
	own.Title = slices.Concat(own.Title, base.Title)
	own.Film = slices.Concat(own.Film, base.Film)
	own.Year = slices.Concat(own.Year, base.Year)
	own.Director = slices.Concat(own.Director, base.Director)
	own.Author = slices.Concat(own.Author, base.Author)
	own.Published = slices.Concat(own.Published, base.Published)
	own.Modified = slices.Concat(own.Modified, base.Modified)
	own.Rating = slices.Concat(own.Rating, base.Rating)
	own.Categories = slices.Concat(own.Categories, base.Categories)
	own.Tags = slices.Concat(own.Tags, base.Tags)
	own.Image = slices.Concat(own.Image, base.Image)
	own.In = extract.NewSelectors(slices.Concat(own.In.List(), base.In.List())...)
	own.Drop = extract.NewSelectors(slices.Concat(own.Drop.List(), base.Drop.List())...)
	if own.HeadlinePattern == nil {
		own.HeadlinePattern = base.HeadlinePattern
	}
	if own.OutOf == 0 {
		own.OutOf = base.OutOf
	}
	return own
}
