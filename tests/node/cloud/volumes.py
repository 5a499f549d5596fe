"""Volumes, as the kubelet lays them out."""

import os
import pathlib
import shutil


class Volumes:
    """The volumes of one pod: each is made once, for all containers."""

    def __init__(self, machine, objects, namespace, pod, spec, claims):
        self.machine, self.objects, self.namespace, self.pod = machine, objects, namespace, pod
        self.group = (spec.get("securityContext") or {}).get("fsGroup")
        self.declared = {volume["name"]: volume for volume in spec.get("volumes") or []}
        for claim in claims:
            self.declared[claim] = {"persistentVolumeClaim": {"claimName": f"{claim}-{pod}"}}
        self.made = {}

    def at(self, mount):
        """Where the directory or file of a mount is, and whether it can be written to."""
        name = mount["name"]
        if name not in self.made:
            self.made[name] = self._make(name, self.declared[name])
        directory, writable = self.made[name]
        source = directory / mount.get("subPath", "")
        return pathlib.Path(os.path.realpath(source)), writable and not mount.get("readOnly", False)

    def _make(self, name, volume):
        directory = self.machine.volumes / self.pod / name
        if "persistentVolumeClaim" in volume:
            directory = self.machine.volumes / "claims" / volume["persistentVolumeClaim"]["claimName"]
            return self._empty(directory), True
        if "emptyDir" in volume:
            shutil.rmtree(directory, ignore_errors=True)
            return self._empty(directory), True
        if "hostPath" in volume:
            return self.machine.host_path(volume["hostPath"]), True
        source = volume.get("configMap") or volume.get("secret") or volume["projected"]
        self._write(directory, self._files(volume), source.get("defaultMode", 0o644))
        return directory, False

    def _empty(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        if self.group:
            os.chown(directory, 0, self.group)
        directory.chmod(0o2777 if self.group else 0o777)
        return directory

    def _files(self, volume):
        """The content and the mode of each file."""
        if "projected" not in volume:
            return self._of_source(volume)
        files = {}
        for source in volume["projected"]["sources"]:
            files.update(self._of_source(source))
        return files

    def _of_source(self, source):
        kind, key = ("ConfigMap", "configMap") if "configMap" in source else ("Secret", "secret")
        source = source[key]
        name = source.get("name") or source["secretName"]
        data = self.objects.data(kind, self.namespace, name)
        if data is None:
            if source.get("optional"):
                return {}
            raise SystemExit(f"{self.pod}: there is no {kind} {name}")
        if "items" not in source:
            return {path: (content, None) for path, content in data.items()}
        return {item["path"]: (data[item["key"]], item.get("mode")) for item in source["items"]}

    def _write(self, directory, files, default_mode):
        """In a directory of their own, behind a link that all files go through."""
        shutil.rmtree(directory, ignore_errors=True)
        content_of = directory / "..2026_01_01_00_00_00.1"
        content_of.mkdir(parents=True)
        (directory / "..data").symlink_to(content_of.name)
        for path, (content, own_mode) in files.items():
            file = content_of / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            if self.group:
                os.chown(file, 0, self.group)
            file.chmod((own_mode or default_mode) | (0o440 if self.group else 0))
            first = path.split("/")[0]
            if not (directory / first).is_symlink():
                (directory / first).symlink_to(f"..data/{first}")
        for made in (directory, content_of):
            made.chmod(0o755)
