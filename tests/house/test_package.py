"""The list of packages in pyproject.toml is the list of folders."""

from packaging_of_dryfill import listed_packages, package_folders


def test_every_folder_with_an_init_is_listed_as_a_package_and_no_other() -> None:
    assert sorted(listed_packages()) == package_folders()
