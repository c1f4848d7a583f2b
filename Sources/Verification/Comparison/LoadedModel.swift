import Interpreter
import Kernels
import ONNXGraph

/// A model with the file it came from.
package struct LoadedModel: Sendable {
  package let path: String
  package let model: Model

  package init(path: String, model: Model) {
    self.path = path
    // A branch that cannot be read leaves its If, which is then named as what cannot be run.
    self.model = (try? model.takingKnownBranches()) ?? model
  }

  /// - Throws: ``ModelError``, naming the file.
  init(contentsOfFile path: String) throws(ModelError) {
    self.init(path: path, model: try Model(contentsOfFile: path))
  }

  /// What `body` returns; its error gets the file's name.
  func naming<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Refusal) -> Result {
    do {
      return try body()
    } catch let refusal as Refusal {
      throw Refusal(lines: refusal.lines.map { "\(path): \($0)" })
    } catch {
      throw Refusal("\(path): \(error)")
    }
  }

  /// Why the model cannot be run at all, if so.
  var refusal: String? {
    let missing = model.missingOperators()
    guard !missing.isEmpty else { return nil }
    let list = missing.map(\.description).joined(separator: ", ")
    return "\(path): operators that cannot be run: \(list)"
  }
}

/// Two model files, read side by side.
struct ModelFiles {
  let models: Pair<Result<LoadedModel, ModelError>>
  /// SHA-256 of each file, where it was asked for and the file can be read.
  let digests: Pair<String?>

  init(_ paths: Pair<String>, hashing: Bool) {
    func read(_ path: String) -> (model: Result<LoadedModel, ModelError>, digest: String?) {
      let model = Result { () throws(ModelError) in try LoadedModel(contentsOfFile: path) }
      return (model, hashing ? SHA256.hexDigest(ofFile: path) : nil)
    }
    let team = ThreadTeam(threadCount: 2)
    let (original, patched) = team.both {
      read(paths.original)
    } _: {
      read(paths.patched)
    }
    models = Pair(original: original.model, patched: patched.model)
    digests = Pair(original: original.digest, patched: patched.digest)
  }
}
