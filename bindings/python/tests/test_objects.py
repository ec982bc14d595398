# SPDX-License-Identifier: Apache-2.0
"""Organizations, registries, tokens, audit events: snapshots, listings, and what is refused."""
import copy
import datetime
import itertools
import pickle
import time

import libregistry
import pytest

UTC = datetime.timezone.utc


def just_now(moment):
    return abs((datetime.datetime.now(UTC) - moment).total_seconds()) < 600


def test_organization_is_created_found_and_listed(instance):
    made = instance.create_organization("My Organization")
    assert (made.slug, made.name) == ("my-organization", "My Organization")
    assert just_now(made.created_at) and made.created_at.tzinfo is UTC
    instance.create_organization(slug="a-second")
    assert [each.slug for each in instance.organizations()] == ["a-second", "my-organization"]
    found = instance.organization("my-organization")
    assert found == made and found is not made and hash(found) == hash(made)
    assert found != instance.organization("a-second") and found != "my-organization"
    assert repr(found) == "<Organization 'my-organization'>"


def test_organization_that_is_deleted_stays_readable(instance):
    made = instance.create_organization("Short-lived")
    made.delete()
    with pytest.raises(libregistry.NotFoundError):
        instance.organization("short-lived")
    assert made.name == "Short-lived"


def test_registry_has_what_it_was_created_with(organization):
    made = organization.create_registry("Füße & Co", ecosystem="alpine", slug="feet", description="Two\nlines",
                                        emoji="👣", color="#00FF7f", public=True, strict_names=True)
    assert (made.name, made.slug, made.ecosystem) == ("Füße & Co", "feet", "alpine")
    assert (made.description, made.emoji, made.color.lower()) == ("Two\nlines", "👣", "#00ff7f")
    assert (made.public, made.allow_overwrite, made.strict_names) == (True, False, True)
    assert made.organization_slug == organization.slug
    assert just_now(made.created_at) and just_now(made.updated_at)
    assert [each.slug for each in organization.registries()] == ["feet"]


def test_update_changes_what_is_named_and_not_the_snapshot(organization, registry):
    changed = registry.update(name="Renamed", public=True)
    assert (changed.name, changed.slug, changed.public, changed.allow_overwrite) == ("Renamed", "my-files", True, False)
    assert (registry.name, registry.public) == ("My files", False)
    assert organization.registry("my-files").name == "Renamed"
    assert changed.update(public=False, slug="other").public is False
    assert organization.registry("other") == registry


def test_registry_that_is_deleted_is_gone(organization, registry):
    registry.delete()
    with pytest.raises(libregistry.NotFoundError):
        organization.registry("my-files")
    with pytest.raises(libregistry.NotFoundError):
        registry.delete()
    with pytest.raises(libregistry.NotFoundError):
        registry.publish(b"x", "a.txt")


def test_token_shows_its_secret_once(organization):
    expires = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(days=1)
    made = organization.create_token("for CI", scopes="read_packages write_packages", expires_at=expires)
    assert made.secret and made.secret not in repr(made)
    assert made.scopes == ("read_packages", "write_packages") and made.expires_at == expires
    found = organization.token(made.id)
    assert (found.secret, found.description, found) == ("", "for CI", made)
    assert [each.id for each in organization.tokens()] == [made.id]
    with pytest.raises(libregistry.UnsupportedError):
        made.reveal()
    made.delete()
    with pytest.raises(libregistry.NotFoundError):
        organization.token(made.id)


def test_organization_is_renamed_and_its_log_outlives_it(instance):
    made = instance.create_organization("Old name", slug="old")
    changed = made.update(name="New name", slug="newer")
    assert (changed.slug, changed.name, changed.id, made.slug) == ("newer", "New name", made.id, "old")
    newcomer = instance.create_organization(slug="old")
    made.delete()
    assert instance.organization("old") == newcomer
    assert [event.type for event in instance.audit_events(made.id)] == [
        "OrganizationDeletedEvent", "OrganizationUpdatedEvent", "OrganizationCreatedEvent"]


def test_registry_token_shows_its_secret_again(registry):
    made = registry.create_token("reader")
    assert registry.token(made.id).secret == "" != made.secret
    assert [(each.secret, each.registry_id) for each in registry.tokens()] == [("", registry.id)]
    assert registry.token(made.id).reveal().secret == made.secret
    assert made.scopes == () and made.expires_at is None


def test_registry_tokens_are_hidden_while_the_registry_is_public(registry):
    made = registry.create_token("reader")
    public = registry.update(public=True)
    for call in (lambda: list(public.tokens()), lambda: public.token(made.id), lambda: public.create_token("x"),
                 made.delete):
        with pytest.raises(libregistry.NotFoundError) as failure:
            call()
        assert failure.value.code == "tokens_hidden"
    private = public.update(public=False)
    assert [each.reveal().secret for each in private.tokens()] == [made.secret]


def test_time_without_a_zone_is_refused(organization):
    with pytest.raises(ValueError, match="time zone"):
        organization.create_token("x", scopes="read_packages", expires_at=datetime.datetime.now())


def test_audit_log_tells_newest_first():
    clock = itertools.count(time.time())  # one second per call
    organization = libregistry.Instance(clock=lambda: next(clock)).create_organization("My Organization")
    organization.create_registry("My files", ecosystem="files").publish(b"x", "a.txt")
    events = list(organization.audit_events())
    assert [each.type for each in events] == ["PackageCreatedEvent", "RegistryCreatedEvent", "OrganizationCreatedEvent"]
    assert {each.actor for each in events} == {"host"}
    assert events[0].subject == "a.txt" and isinstance(events[0].data, dict) and just_now(events[0].occurred_at)
    assert events[0] == events[0] and events[0] != events[1] and len(set(events)) == 3


def test_listing_ends_and_closes_itself(instance, organization):
    listing = instance.organizations()
    assert iter(listing) is listing and not listing.closed
    assert [each.slug for each in listing] == ["my-organization"]
    assert listing.closed
    assert list(listing) == []


def test_listing_is_closed_by_its_block(instance, organization):
    with instance.organizations() as listing:
        next(listing)
    assert listing.closed
    with pytest.raises(libregistry.ClosedError):
        next(listing)


def test_long_listing_shows_each_once(registry):
    names = [f"file-{number:03}.txt" for number in range(120)]
    for name in names:
        registry.publish(name.encode(), name)
    listed = [each.filename for each in registry.packages()]
    assert sorted(listed) == names
    assert sorted(each.filename for each in registry.packages("ILE-01")) == names[10:20]


@pytest.mark.parametrize("kind, code, action", [
    (libregistry.ConflictError, "slug_taken", lambda o: o.create_registry("My files", ecosystem="files")),
    (libregistry.NotFoundError, "", lambda o: o.registry("nothing")),
    (libregistry.UnprocessableError, "", lambda o: o.create_registry("x", ecosystem="floppy")),
    (libregistry.BadArgumentError, "", lambda o: o.create_token("x", scopes="everything")),
    (libregistry.BadArgumentError, "", lambda o: o.create_registry("x", ecosystem="files", color="red")),
])
def test_refusal_tells_what_and_why(organization, registry, kind, code, action):
    with pytest.raises(kind) as caught:
        action(organization)
    error = caught.value
    assert type(error) is kind and isinstance(error, libregistry.RequestError)
    assert error.status == kind.default_status and error.message
    assert code in ("", error.code)


def test_errors_are_also_what_python_calls_them(organization):
    with pytest.raises(LookupError):
        organization.registry("nothing")
    with pytest.raises(ValueError):
        organization.create_token("x", scopes="everything")
    assert issubclass(libregistry.NoMemoryError, MemoryError)


def test_error_says_what_was_being_done_and_survives_pickling(registry):
    registry.publish(b"one", "a.txt")
    with pytest.raises(libregistry.ConflictError) as caught:
        registry.publish(b"two", "a.txt")
    error = caught.value
    assert (error.code, error.operation) == ("package_exists", "publish my-organization/my-files a.txt")
    assert str(error).startswith("publish my-organization/my-files a.txt: ")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error) and vars(copied) == vars(error) and str(copied) == str(error)


def test_snapshots_are_not_pickled_or_made(registry):
    for action in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            action(registry)
    assert copy.copy(registry).name == "My files"
    assert registry.name == "My files"
    for kind in (libregistry.Registry, libregistry.Package, libregistry.Token):
        with pytest.raises(TypeError):
            kind(None, None)
