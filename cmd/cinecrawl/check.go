package main

import (
	"context"
	"fmt"
)

type checkCmd struct {
	Sites []string `arg:"" optional:"" name:"site" help:"Only these sites."`
	JSON  bool     `name:"json" help:"One JSON object a problem, a line each."`
}

func (checkCmd) Help() string {
	return `Loads the configuration, naming every unknown key and bad pattern by file and line, and reads every site's saved pages, which
must give the texts saved beside them. Those of a site of your own stand in sites/<name>/*.txtar beside the configuration file.
Exit code 2 if the configuration is wrong, 1 if a page gives another text.

Example:

    cinecrawl check --config cinecrawl.yaml`
}

func (c *checkCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if len(c.Sites) > 0 {
		sites, err := a.choose(c.Sites)
		if err != nil {
			return err
		}
		for i, s := range sites {
			c.Sites[i] = s.Crawl.Name
		}
	}
	n, problems := cfg.Check(c.Sites...)
	for _, p := range problems {
		if c.JSON {
			if err := writeJSONLine(a.stdout, p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(a.stdout, safeText(p.String()))
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s; mend the rules, or the text that is saved beside the page", counted(len(problems), "problem"))
	}
	if !c.JSON {
		what := fmt.Sprintf("%s (%s with saved pages)", counted(n.Sites, "site"), count(n.WithPages))
		if len(c.Sites) == 0 {
			what += ", " + counted(n.Themes, "theme")
		}
		fmt.Fprintf(a.stdout, "ok: %s, %s read\n", what, counted(n.Pages, "page"))
	}
	return nil
}
