import FoundationEssentials
import Glibc
import Synchronization

/// Writes files: whole or not at all, and never over something that is no regular file.
///
/// What stands at a path decides:
/// - nothing, or a regular file: the bytes go to a file without a name in the same folder, are forced
///   to disk, and take the old file's place, owner and mode in one step. A symbolic link stays, and
///   the file it leads to is replaced.
/// - a pipe, a device, or one of the process's descriptors (`/dev/fd/3`, `/dev/stdout`): they are
///   written to it.
/// - a folder, or a file of the process's inputs (``InputFiles``): an error.
package struct FileWriter: ~Copyable {
  private let descriptor: Int32

  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  /// - Parameters:
  ///   - replacingInput: whether the file may be one that was read.
  ///   - body: writes the bytes, in as many parts as it likes.
  /// - Throws: ``TensorError`` without the path when the file cannot be written, or what `body` throws;
  ///   what stood at the path is then as it was.
  package static func write(
    toFile path: String, replacingInput: Bool = false,
    _ body: (borrowing FileWriter) throws(TensorError) -> Void
  ) throws(TensorError) {
    do throws(TensorError) {
      switch try Destination(path) {
      case .descriptor(let number): try write(closing: dup(number), body)
      case .stream: try write(closing: openedStream(path), body)
      case .file(let file):
        if !replacingInput, let status = file.status, InputFiles.contains(status) {
          throw TensorError("is an input, which is never written over")
        }
        try file.replace(body)
      }
    } catch {
      throw TensorError(
        error.description.hasPrefix("is ") ? error.description : "cannot be written: \(error)")
    }
  }

  /// Writes all bytes at once.
  package static func write(
    _ bytes: some ContiguousBytes, toFile path: String, replacingInput: Bool = false
  ) throws(TensorError) {
    try write(toFile: path, replacingInput: replacingInput) { (writer) throws(TensorError) in
      let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(TensorError) in try writer.append(bytes) }
      }
      try result.get()
    }
  }

  /// Appends bytes.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(TensorError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let count = Glibc.write(descriptor, part.baseAddress, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TensorError(systemReason(count < 0 ? errno : ENOSPC)) }
      rest = rest.dropFirst(count)
    }
  }

  private static func write(
    closing descriptor: Int32, _ body: (borrowing FileWriter) throws(TensorError) -> Void
  ) throws(TensorError) {
    guard descriptor >= 0 else { throw TensorError(systemReason(errno)) }
    defer { close(descriptor) }
    try body(FileWriter(descriptor: descriptor))
  }

  /// How long a pipe is waited for that nobody reads yet.
  private static var patience: Int { 5_000 }

  /// A pipe or device, opened; one that nobody reads would never open.
  private static func openedStream(_ path: String) throws(TensorError) -> Int32 {
    for _ in 0..<patience / 20 {
      let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
      }
      guard errno == ENXIO else { throw TensorError(systemReason(errno)) }
      usleep(20_000)
    }
    throw TensorError("is a pipe that nobody reads")
  }
}

/// What is written to.
private enum Destination {
  /// One of the process's own descriptors.
  case descriptor(Int32)
  case stream
  case file(ReplacedFile)

  init(_ path: String) throws(TensorError) {
    if let number = Self.descriptor(path) {
      self = .descriptor(number)
      return
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw TensorError(systemReason(errno)) }
      self = .file(try ReplacedFile(at: path, status: nil))
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      guard access(path, W_OK) == 0 else { throw TensorError(systemReason(errno)) }
      self = .file(try ReplacedFile(at: path, status: status))
    case S_IFDIR: throw TensorError("is a folder, expected a file")
    default: self = .stream
    }
  }

  private static func descriptor(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    default: break
    }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      return Int32(path.dropFirst(folder.count))
    }
    return nil
  }
}

/// A regular file that is there, or will be.
private struct ReplacedFile {
  /// Of the file that is there.
  let status: stat?
  private let folder: String
  private let name: String

  /// - Parameter path: links in it are followed, also those to nothing.
  init(at path: String, status: stat?) throws(TensorError) {
    self.status = status
    var path = path
    for _ in 0..<40 {
      guard let target = Self.target(ofLink: path) else { break }
      path = target.hasPrefix("/") ? target : Self.folder(of: path) + "/" + target
    }
    folder = Self.folder(of: path)
    name = String(path.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
    guard !name.isEmpty else { throw TensorError("is a folder, expected a file") }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func target(ofLink path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      let count = readlink(path, buffer.baseAddress!, buffer.count)
      guard count > 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  func replace(
    _ body: (borrowing FileWriter) throws(TensorError) -> Void
  ) throws(TensorError) {
    let target = folder + "/" + name
    let draft = folder + "/" + Drafts.freshName()
    var descriptor = open(folder, withoutName | O_WRONLY | O_CLOEXEC, 0o666)
    let hasName = descriptor < 0
    if hasName {
      guard [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) else {
        throw TensorError(systemReason(errno))
      }
      Drafts.add(draft)
      descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    var isThere = hasName && descriptor >= 0
    defer {
      if isThere { unlink(draft) }
      Drafts.remove(draft)
    }
    guard descriptor >= 0 else { throw TensorError(systemReason(errno)) }
    defer { close(descriptor) }
    if let status {
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      _ = fchmod(descriptor, status.st_mode & 0o7777)
    }
    try body(FileWriter(descriptor: descriptor))
    guard fsync(descriptor) == 0 else { throw TensorError(systemReason(errno)) }
    if !hasName {
      Drafts.add(draft)
      guard
        linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, draft, AT_SYMLINK_FOLLOW) == 0
      else { throw TensorError(systemReason(errno)) }
      isThere = true
    }
    guard rename(draft, target) == 0 else { throw TensorError(systemReason(errno)) }
    isThere = false
    Self.sync(folder)
  }

  private static func sync(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }
}

/// `O_TMPFILE`, which C defines by an expression that is not imported.
private var withoutName: Int32 { 0o20_000_000 | O_DIRECTORY }

/// What the process is writing under a name of its own: taken away when a signal ends it.
package enum Drafts {
  private static let paths = Mutex<Set<String>>([])
  private static let count = Atomic<Int>(0)

  /// A name that no other draft has.
  package static func freshName() -> String {
    ".verify-patch-\(getpid())-\(count.add(1, ordering: .relaxed).newValue).partial"
  }

  package static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  package static func remove(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Takes all away and lets no other begin; to be called before the process ends itself.
  package static func removeAll(thenEnding end: () -> Never) -> Never {
    paths.withLock { paths in
      for path in paths { removeTree(path) }
      end()
    }
  }

  private static func removeTree(_ path: String) {
    for _ in 0..<8 {
      guard unlink(path) != 0, errno == EISDIR || errno == EPERM else { return }
      if let folder = opendir(path) {
        while let entry = readdir(folder) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          if name != ".", name != ".." { removeTree(path + "/" + name) }
        }
        closedir(folder)
      }
      if rmdir(path) == 0 { return }
    }
  }
}

/// The files that the process has read, by device and number: none of them is written over.
package enum InputFiles {
  private struct Identity: Hashable {
    let device: UInt
    let number: UInt

    init(_ status: stat) {
      device = UInt(status.st_dev)
      number = UInt(status.st_ino)
    }
  }

  private static let known = Mutex<Set<Identity>?>(nil)

  /// Has every file that is read from now on noted; a library's user may write where it read.
  package static func beginNoting() { known.withLock { $0 = $0 ?? [] } }

  static func note(_ status: stat) { known.withLock { _ = $0?.insert(Identity(status)) } }

  static func contains(_ status: stat) -> Bool {
    known.withLock { $0?.contains(Identity(status)) ?? false }
  }
}
