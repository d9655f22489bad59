"""A spider to compare with: it follows the links of one host, and stores address, title and text of every page in SQLite.

    scrapy runspider spider.py -a start=http://127.0.0.1:8080/ -a db=pages.db
"""

import sqlite3

import scrapy


class Store:
    def open_spider(self, spider):
        self.db = sqlite3.connect(spider.db)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute("CREATE TABLE pages (url TEXT PRIMARY KEY, title TEXT, text TEXT)")
        self.stored = 0

    def process_item(self, item, spider):
        self.db.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", (item["url"], item["title"], item["text"]))
        self.stored += 1
        if self.stored % 50 == 0:
            self.db.commit()
        return item

    def close_spider(self, spider):
        self.db.commit()
        self.db.close()
        print(self.stored, "pages")


class Pages(scrapy.Spider):
    name = "pages"
    custom_settings = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "ITEM_PIPELINES": {Store: 300},
    }

    def __init__(self, start, db, **kwargs):
        super().__init__(**kwargs)
        self.start_urls, self.db = [start], db
        self.allowed_domains = ["127.0.0.1"]

    def parse(self, response):
        yield {
            "url": response.url,
            "title": response.css("h1.entry-title::text").get() or response.css("title::text").get(),
            "text": "\n".join("".join(p.css("::text").getall()).strip() for p in response.css("div.entry-content p")),
        }
        yield from response.follow_all(css="a[href]")
