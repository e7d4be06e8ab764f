//! The contract of [`crate::ports::Users`].

use crate::email::Email;
use crate::fixture;
use crate::owner::{TenantId, UserId};
use crate::ports::{PortErrorKind, Users};
use crate::sha256::Sha256;
use crate::user::{PasswordHash, PasswordReset, Role, User};

fn email(raw: &str) -> Option<Email> {
    Some(Email::parse(raw).expect("a legal address"))
}

fn other(user: &User) -> User {
    User { user_id: UserId::parse("bea").expect("a legal id"), ..user.clone() }
}

fn stranger() -> TenantId {
    TenantId::parse("stranger").expect("a legal id")
}

/// A user is known once, in their tenant.
pub async fn users_belong_to_a_tenant(users: &dyn Users) {
    let user = fixture::user();
    users.create(user.clone()).await.expect("creating works");
    let again = users.create(User { role: Role::Admin, ..user.clone() }).await.expect_err("the id is taken");
    assert_eq!(again.kind, PortErrorKind::Conflict);
    let stored = User { version: 1, ..user.clone() };
    assert_eq!(users.get(&user.tenant_id, &user.user_id).await.expect("reading works"), Some(stored));
    assert_eq!(users.get(&stranger(), &user.user_id).await.expect("reading works"), None);
}

/// An e-mail address belongs to one user of a tenant and is found only there. Users without one do not collide.
pub async fn an_address_has_one_owner(users: &dyn Users) {
    let ana = User { email: email("ana@example.com"), ..fixture::user() };
    users.create(ana.clone()).await.expect("creating works");
    let taken = users.create(other(&ana)).await.expect_err("the address is taken");
    assert_eq!(taken.kind, PortErrorKind::Conflict);
    assert_eq!(users.get(&ana.tenant_id, &other(&ana).user_id).await.expect("reading works"), None);
    let namesake = User { tenant_id: stranger(), ..ana.clone() };
    users.create(namesake.clone()).await.expect("another tenant's address is its own");
    for user in [&ana, &namesake] {
        let address = user.email.as_ref().expect("the fixture has one");
        let found = users.by_email(&user.tenant_id, address).await.expect("reading works");
        assert_eq!(found, Some(User { version: 1, ..user.clone() }));
    }
    let unknown = Email::parse("unknown@example.com").expect("a legal address");
    assert_eq!(users.by_email(&ana.tenant_id, &unknown).await.expect("reading works"), None);
    users.create(User { email: None, ..other(&ana) }).await.expect("no address is no collision");
    let third = User { user_id: UserId::parse("cid").expect("a legal id"), email: None, ..ana };
    users.create(third).await.expect("no address is no collision");
}

/// A save needs the stored version, and moves the address with it.
pub async fn the_newest_version_is_saved(users: &dyn Users) {
    let created = User { email: email("ana@example.com"), ..fixture::user() };
    users.create(created.clone()).await.expect("creating works");
    let first = User { version: 1, ..created };
    let moved = User {
        email: email("ana@example.org"),
        password_hash: Some(PasswordHash("$argon2id$".into())),
        reset: Some(PasswordReset { digest: Sha256::of(b"token"), expires_at: fixture::later(3600) }),
        ..first.clone()
    };
    let saved = users.save(moved.clone()).await.expect("saving works");
    assert_eq!(saved, User { version: 2, ..moved });
    let late = users.save(first.clone()).await.expect_err("the version has passed");
    assert_eq!(late.kind, PortErrorKind::Conflict);
    let by = |address: Option<Email>| {
        let tenant = first.tenant_id.clone();
        async move { users.by_email(&tenant, &address.expect("given")).await.expect("reading works") }
    };
    assert_eq!(by(email("ana@example.com")).await, None);
    assert_eq!(by(email("ana@example.org")).await, Some(saved.clone()));
    let bea = User { email: email("ana@example.com"), ..other(&first) };
    users.create(bea.clone()).await.expect("a freed address can be taken");
    let taken = users.save(User { email: bea.email, ..saved }).await.expect_err("the address is taken");
    assert_eq!(taken.kind, PortErrorKind::Conflict);
    let unknown = User { user_id: UserId::parse("unknown").expect("a legal id"), email: None, ..first };
    assert_eq!(users.save(unknown).await.expect_err("there is no such user").kind, PortErrorKind::Conflict);
}

/// A tenant is founded once, with its first user; its name is never free again.
pub async fn a_tenant_is_founded_once(users: &dyn Users) {
    let ana = User { role: Role::Admin, email: email("ana@example.com"), ..fixture::user() };
    let tenant = &ana.tenant_id;
    assert!(!users.is_founded(tenant).await.expect("reading works"));
    users.found_tenant(ana.clone()).await.expect("founding works");
    assert!(users.is_founded(tenant).await.expect("reading works"));
    assert!(!users.is_founded(&stranger()).await.expect("reading works"));
    let stored = users.get(tenant, &ana.user_id).await.expect("reading works");
    assert_eq!(stored, Some(User { version: 1, ..ana.clone() }));
    let taken = users.create(User { ..other(&ana) }).await.expect_err("the address is taken");
    assert_eq!(taken.kind, PortErrorKind::Conflict);
    let bea = User { email: email("bea@example.com"), ..other(&ana) };
    for _ in 0..2 {
        let again = users.found_tenant(bea.clone()).await.expect_err("it is founded");
        assert_eq!(again.kind, PortErrorKind::Conflict);
        assert_eq!(users.get(tenant, &bea.user_id).await.expect("reading works"), None);
        users.erase(tenant, &ana.user_id).await.expect("erasing works");
        assert!(users.is_founded(tenant).await.expect("reading works"), "the name stays taken");
    }
    let settled = User { tenant_id: stranger(), ..bea.clone() };
    users.create(settled).await.expect("creating works");
    let late = User { tenant_id: stranger(), email: None, ..ana };
    assert_eq!(users.found_tenant(late).await.expect_err("it has users").kind, PortErrorKind::Conflict);
    assert!(!users.is_founded(&stranger()).await.expect("reading works"));
}

/// An erased user leaves their id and nothing else; the address is free.
pub async fn an_erased_user_does_not_come_back(users: &dyn Users) {
    let ana = User { email: email("ana@example.com"), ..fixture::user() };
    let bea = User { email: email("bea@example.com"), ..other(&ana) };
    let namesake = User { tenant_id: stranger(), ..ana.clone() };
    for user in [&ana, &bea, &namesake] {
        users.create(user.clone()).await.expect("creating works");
    }
    let address = ana.email.clone().expect("given");
    for _ in 0..2 {
        users.erase(&ana.tenant_id, &ana.user_id).await.expect("erasing works, twice too");
        assert_eq!(users.get(&ana.tenant_id, &ana.user_id).await.expect("reading works"), None);
        assert_eq!(users.by_email(&ana.tenant_id, &address).await.expect("reading works"), None);
        let page = users.page(&ana.tenant_id, None, 1).await.expect("reading works");
        assert_eq!(page, [User { version: 1, ..bea.clone() }], "the tombstone takes no place in a page");
    }
    for late in [User { version: 1, ..ana.clone() }, User { version: 0, ..ana.clone() }] {
        assert_eq!(users.save(late).await.expect_err("it is erased").kind, PortErrorKind::Conflict);
    }
    let again = User { email: None, ..ana.clone() };
    assert_eq!(users.create(again).await.expect_err("the id is spent").kind, PortErrorKind::Conflict);
    let next = User { user_id: UserId::parse("cid").expect("a legal id"), ..ana.clone() };
    users.create(next).await.expect("the address is free");
    assert!(users.get(&stranger(), &ana.user_id).await.expect("reading works").is_some());

    let unknown = UserId::parse("dan").expect("a legal id");
    users.erase(&ana.tenant_id, &unknown).await.expect("erasing an unknown user works");
    let late = User { user_id: unknown, email: None, ..ana };
    assert_eq!(users.create(late).await.expect_err("the id is spent").kind, PortErrorKind::Conflict);
}

/// Pages list only the tenant's users, each once, by id.
pub async fn pages_go_through_a_tenant(users: &dyn Users) {
    let named = |id: &str| UserId::parse(id).expect("a legal id");
    let ana = fixture::user();
    for id in ["eva", "Zoe", "bea", "cid", "dan"] {
        users.create(User { user_id: named(id), email: None, ..ana.clone() }).await.expect("creating works");
    }
    let elsewhere = User { tenant_id: stranger(), user_id: named("cia"), email: None, ..ana.clone() };
    users.create(elsewhere).await.expect("creating works");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = users.page(&ana.tenant_id, after.as_ref(), 2).await.expect("reading works");
        assert!(page.len() <= 2);
        assert!(page.iter().all(|user| user.tenant_id == ana.tenant_id && user.version == 1));
        let Some(last) = page.last() else { break };
        after = Some(last.user_id.clone());
        seen.extend(page.into_iter().map(|user| user.user_id));
    }
    assert_eq!(seen, ["Zoe", "bea", "cid", "dan", "eva"].map(named));
    let unknown = TenantId::parse("unknown").expect("a legal id");
    assert_eq!(users.page(&unknown, None, 100).await.expect("reading works"), []);
}
