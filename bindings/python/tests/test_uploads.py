# SPDX-License-Identifier: Apache-2.0
"""Listing, finding and ending upload sessions of container clients."""
import pytest

import libregistry


def test_uploads_are_listed_found_and_cancelled(organization, bearer, instance):
    images = organization.create_registry("images", ecosystem="container")
    begun = instance.dispatch("POST", f"/v2/{organization.slug}/{images.slug}/app/blobs/uploads/", headers=bearer)
    assert begun.status == 202
    (upload,) = images.uploads()
    assert (upload.image, upload.received_bytes) == ("app", 0)
    assert upload.created_at == upload.updated_at
    assert images.upload(upload.id) == upload and upload.principal
    upload.cancel()
    with pytest.raises(libregistry.NotFoundError):
        upload.cancel()
    with pytest.raises(libregistry.NotFoundError):
        images.upload(upload.id)
    assert list(images.uploads()) == []
