//! Two nodes on one database: each learns of the other's changes (promise P4, CACHE-04).

use serde_json::json;
use tempfile::TempDir;
use testkit::{
    databases::{TestDatabase, for_each_server},
    server::{Server, ServerCommand},
};

use crate::beside::{await_visit, leads_to, visit};

const SECRET: &str = "5b0e9d6a47c2f1838e7da95c06b4e2f1739c8d50a6e4b21f08c3d7f5e96a1b42";

/// A node that does not count clicks: the waiting visitor follows a link thousands of times, and
/// the clicks would keep the database busy that the change has to reach.
fn node(database: &TestDatabase, data_dir: &TempDir) -> Server {
    ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path())
        .env("CURT_DATABASE_URL", database.url())
        .env("CURT_SECRET_KEY", SECRET)
        .env("CURT_JOURNAL__ENABLED", "false")
        .spawn()
}

#[tokio::test]
async fn a_block_that_one_node_makes_holds_on_the_other() {
    for_each_server(async |database| {
        let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut nodes = directories.each_ref().map(|directory| node(database, directory));
        nodes.iter_mut().for_each(Server::await_ready);
        let [here, there] = &nodes;
        let mut owner = here.client();
        let link = json!({ "original_url": "https://example.com/", "custom_alias": "shared" });
        assert_eq!(owner.post("/api/v1/urls", &link).unwrap().status, 201);
        let (open, barred) = (leads_to("https://example.com/"), (403, None));
        assert_eq!(visit(&mut there.visitor(), "/shared"), open);

        let block = json!({ "network": "127.0.0.0/8", "force": true });
        assert_eq!(owner.post("/api/v1/admin/ip-blocks", &block).unwrap().status, 201);
        assert_eq!(visit(&mut here.visitor(), "/shared"), barred, "at once on its own node");
        await_visit(there, "/shared", &barred);
    })
    .await;
}

#[tokio::test]
async fn cache_04_what_one_node_changes_the_other_hears_of() {
    for_each_server(async |database| {
        let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        // Both start at once: one of them migrates.
        let mut nodes = directories.each_ref().map(|directory| node(database, directory));
        nodes.iter_mut().for_each(Server::await_ready);
        let [here, there] = &nodes;
        let mut owner = here.client();

        let link = json!({ "original_url": "https://example.com/old", "custom_alias": "shared" });
        let link = owner.post("/api/v1/urls", &link).unwrap();
        assert_eq!(link.status, 201);
        let link = format!("/api/v1/urls/{}", link.json()["id"]);
        let (old, new) = (leads_to("https://example.com/old"), leads_to("https://example.com/new"));
        assert_eq!(visit(&mut there.visitor(), "/shared"), old);

        let edit = json!({ "original_url": "https://example.com/new" });
        assert_eq!(owner.patch(&link, &edit).unwrap().status, 200);
        assert_eq!(visit(&mut here.visitor(), "/shared"), new, "at once on its own node");
        await_visit(there, "/shared", &new);

        assert_eq!(owner.delete(&link).unwrap().status, 204);
        assert_eq!(visit(&mut here.visitor(), "/shared"), (404, None));
        await_visit(there, "/shared", &(404, None));
    })
    .await;
}
