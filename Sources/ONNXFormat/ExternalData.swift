import Glibc
import Tensors

/// The files beside a model that hold its tensors' data.
package final class ExternalData {
  private let folder: String
  private var files: [[Substring]: MappedFile] = [:]
  private var copiedByteCount = 0
  private var mappedByteCount = 0

  /// External data in `folder`, the one the model file is in; nothing outside it is read.
  package init(folder: String) { self.folder = folder }

  /// The bytes a tensor's `external_data` entries point at, and what keeps them in place.
  func bytes(
    _ entries: [Onnx_StringStringEntryProto], count: Int
  ) throws(TensorError) -> (bytes: UnsafeRawBufferPointer, owner: MappedFile) {
    let location = try value(of: "location", in: entries)
    guard let location else { throw TensorError("external data has no location") }
    let offset = try number("offset", in: entries) ?? 0
    let length = try number("length", in: entries) ?? count
    guard length == count else {
      throw TensorError("external data of \(length) bytes, expected \(count) for its shape")
    }
    let file = try file(at: location)
    guard offset <= file.bytes.count, count <= file.bytes.count - offset else {
      throw TensorError(
        "external data at offset \(offset) of \(count) bytes, "
          + "but '\(shown: location)' holds \(file.bytes.count)")
    }
    return (UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count]), file)
  }

  /// Takes note of bytes that have to be copied.
  ///
  /// - Throws: when tensors that overlap would take more memory than the files hold.
  func copy(_ count: Int) throws(TensorError) {
    copiedByteCount += count
    guard copiedByteCount <= mappedByteCount else {
      throw TensorError("external data overlaps, expected an aligned place for each tensor")
    }
  }

  private func value(
    of key: String, in entries: [Onnx_StringStringEntryProto]
  ) throws(TensorError) -> String? {
    let values = Set(entries.filter { $0.key == key }.map { $0.value })
    guard values.count <= 1 else { throw TensorError("external data has two values of \(key)") }
    return values.first
  }

  private func number(
    _ key: String, in entries: [Onnx_StringStringEntryProto]
  ) throws(TensorError) -> Int? {
    guard let text = try value(of: key, in: entries) else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw TensorError("external data has \(key) '\(shown: text)', expected a number of bytes")
    }
    return number
  }

  private func file(at location: String) throws(TensorError) -> MappedFile {
    let steps = location.split(separator: "/", omittingEmptySubsequences: false)
      .filter { $0 != "." }
    if let file = files[steps] { return file }
    do {
      let file = try MappedFile(closing: open(steps), path: folder + "/" + location)
      files[steps] = file
      mappedByteCount += file.bytes.count
      return file
    } catch {
      throw TensorError("external data '\(shown: location)': \(error)")
    }
  }

  /// Opens a file step by step from the folder, so that no link on the way is followed.
  private func open(_ steps: [Substring]) throws(TensorError) -> Int32 {
    guard !steps.isEmpty,
      !steps.contains(where: { $0.isEmpty || $0 == ".." || $0.utf8.contains(0) })
    else {
      throw TensorError("expected a relative path inside the model's folder")
    }
    var descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    for (index, step) in steps.enumerated() where descriptor >= 0 {
      let kind = index == steps.count - 1 ? O_NONBLOCK : O_DIRECTORY
      let next = openat(descriptor, String(step), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
      let code = errno
      close(descriptor)
      errno = code
      descriptor = next
    }
    guard descriptor >= 0 else {
      let code = errno
      throw TensorError(
        code == ELOOP || code == ENOTDIR
          ? "is or passes a symbolic link, expected a plain file" : systemReason(code))
    }
    return descriptor
  }
}
