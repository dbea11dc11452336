using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace MoEPlace.Tests;

/// <summary>Rules on projects: which may reference which, and that solution and lock files know them all.</summary>
public sealed class RepositoryProjectTests
{
    // What each project builds on; what those build on is allowed too. The command sees all.
    private static readonly Dictionary<string, string[]> BuildsOn = new()
    {
        ["MoEPlace"] = [],
        ["MoEPlace.Traces"] = ["MoEPlace"],
        ["MoEPlace.Evaluation"] = ["MoEPlace.Traces"],
        ["MoEPlace.Placement"] = ["MoEPlace.Evaluation"],
        ["MoEPlace.Simulation"] = ["MoEPlace.Evaluation"],
        ["MoEPlace.Torch"] = ["MoEPlace"],
        ["MoEPlace.Executor"] = ["MoEPlace.Torch", "MoEPlace.Evaluation"],
        ["MoEPlace.Service"] = ["MoEPlace.Placement", "MoEPlace.Simulation"],
        ["MoEPlace.Reports"] = ["MoEPlace"],
    };

    [Fact]
    public void References_between_projects_point_inward()
    {
        var faults = new List<string>();
        foreach (var path in RepositoryTree.Files("src", ".csproj"))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var references = Included(path, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')));
            if (name == "MoEPlace.Cli")
                continue;
            if (!BuildsOn.ContainsKey(name))
                faults.Add($"{path}: a new project; say in this test what it builds on");
            else
                faults.AddRange(references.Except(Inward(name)).Select(r => $"{path} references {r}, which is not inward of it"));
        }
        RepositoryTree.AssertNone(faults);
    }

    [Fact]
    public void The_nouns_need_no_package() =>
        Assert.Empty(Included("src/MoEPlace/MoEPlace.csproj", "PackageReference"));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = RepositoryTree.Read("MoEPlace.sln").Replace('\\', '/');
        Assert.All(Projects(), path => Assert.Contains($"\"{path}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_source_project_has_a_test_project()
    {
        var sources = RepositoryTree.Files("src", ".csproj").Select(Path.GetFileNameWithoutExtension);
        Assert.All(sources, name => Assert.True(RepositoryTree.Exists($"tests/{name}.Tests/{name}.Tests.csproj"), name));
    }

    [Fact]
    public void Every_project_has_a_lock_file() =>
        Assert.All(Projects(), path => Assert.True(RepositoryTree.Exists($"{Path.GetDirectoryName(path)}/packages.lock.json"), path));

    [Fact]
    public void Lock_files_name_versions_and_hashes_but_no_place_to_fetch_them_from()
    {
        var locks = RepositoryTree.Files("src", "packages.lock.json").Concat(RepositoryTree.Files("tests", "packages.lock.json"));
        RepositoryTree.AssertNone(locks.Where(path => RepositoryTree.Read(path).Contains("://", StringComparison.Ordinal)));
        Assert.DoesNotMatch(new Regex("\"resolved\": *\"[a-z+]+:"), RepositoryTree.Read("package-lock.json"));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_file() =>
        Assert.All(Projects(), path => Assert.DoesNotMatch(new Regex("<PackageReference[^>]*Version="), RepositoryTree.Read(path)));

    private static IEnumerable<string> Projects() =>
        RepositoryTree.Files("src", ".csproj").Concat(RepositoryTree.Files("tests", ".csproj"));

    private static IEnumerable<string> Included(string path, string element) =>
        XDocument.Parse(RepositoryTree.Read(path)).Descendants(element).Select(e => (string?)e.Attribute("Include") ?? "");

    private static HashSet<string> Inward(string name)
    {
        var inward = new HashSet<string>(BuildsOn[name]);
        foreach (var direct in BuildsOn[name])
            inward.UnionWith(Inward(direct));
        return inward;
    }
}
